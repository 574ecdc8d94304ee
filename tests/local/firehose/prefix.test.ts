import { describe, expect, it } from 'vitest';
import { fillPrefix, prefixUnknown } from '../../../local/firehose/prefix.ts';

const time = Date.UTC(2026, 4, 2, 3, 7, 9);

describe('fillPrefix', () => {
  it.each([
    ['logs/!{timestamp:yyyy/MM/dd/HH}/', 'logs/2026/05/02/03/'],
    ["dt=!{timestamp:yyyy'-'MM'-'dd}/at=!{timestamp:HH:mm:ss}/", 'dt=2026-05-02/at=03:07:09/'],
    ["!{timestamp:yy-M-d H'h' o''clock}", null],
    ["!{timestamp:yy-M-d H'h' ''}/", "26-5-2 3h '/"],
    ['!{timestamp:uuuu}-!{timestamp:DDD}/', '2026-122/'],
    ['logs/', 'logs/2026/05/02/03/'],
    ['to=!{partitionKeyFromLambda:tenant}/', 'to=$1/'],
    ['!{firehose:error-output-type}/!{timestamp:dd}/', 'processing-failed/02/'],
  ])('%s', (prefix, filled) => {
    const values = { time, keys: { tenant: '$1' }, errorType: 'processing-failed' };
    expect(prefixUnknown(prefix)).toHaveLength(filled === null ? 1 : 0);
    if (filled !== null) expect(fillPrefix(prefix, values)).toBe(filled);
  });

  it('gives a text of its own for each object', () => {
    const texts = [1, 2].map(() => fillPrefix('!{firehose:random-string}/', { time }));
    expect(new Set(texts).size).toBe(2);
    expect(texts[0]).toMatch(/^[0-9a-f]{11}\/$/);
  });

  it('names what it cannot fill in', () => {
    const prefix = 'a/!{timestamp:MMM}/!{timestamp:e}/!{firehose:shard}/!{timestamp:yyyy}/';
    expect(prefixUnknown(prefix)).toEqual([
      '!{timestamp:MMM}',
      '!{timestamp:e}',
      '!{firehose:shard}',
    ]);
    expect(() => fillPrefix('!{partitionKeyFromLambda:x}/', { time })).toThrow(
      '!{partitionKeyFromLambda:x} cannot be filled in',
    );
  });
});
