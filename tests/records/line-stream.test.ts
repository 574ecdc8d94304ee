import { Readable } from 'node:stream';
import { createGzip, gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { lineStream } from '../../shared/records/line-stream.ts';

const MIB = 2 ** 20;

async function lengths(source: AsyncIterable<unknown>): Promise<number[]> {
  const found: number[] = [];
  for await (const line of lineStream(source)) found.push(line.length);
  return found;
}

describe('lines', () => {
  it('are as many as line feeds, and one more where text stands behind the last', async () => {
    expect(await lengths(Readable.from([Buffer.from('a\n\nbc\n')]))).toEqual([1, 0, 2]);
    expect(await lengths(Readable.from([Buffer.from('a\nb'), Buffer.from('c')]))).toEqual([1, 2]);
    expect(await lengths(Readable.from([]))).toEqual([]);
    expect(await lengths(Readable.from([gzipSync('')]))).toEqual([]);
  });

  it('begin behind a byte order mark, and one of it alone is empty', async () => {
    const of = (text: string) => lengths(Readable.from([Buffer.from(text)]));
    expect(await of('\ufeffa\n\ufeffb')).toEqual([1, 4]);
    expect(await of('\ufeff\na')).toEqual([0, 1]);
    expect(await of('\ufeff')).toEqual([]);
  });

  it('have at most 64 MiB, whatever the file unpacks to', async () => {
    const chunks = (count: number, last: string) => [
      Buffer.from('a\n'),
      ...Array(count).fill(Buffer.alloc(MIB, 'x')),
      Buffer.from(last),
    ];
    expect(await lengths(Readable.from(chunks(64, '\n')))).toEqual([1, 64 * MIB]);
    await expect(lengths(Readable.from(chunks(64, 'x')))).rejects.toThrow(
      new RangeError('line 2 is longer than 64 MiB'),
    );
    const packed = Readable.from(chunks(200, '\n')).pipe(createGzip({ level: 1 }));
    await expect(lengths(packed)).rejects.toThrow('line 2 is longer than 64 MiB');
  });

  it.each(['plain', 'packed'])(
    'of a file that is not read to its end: it is closed (%s)',
    async (kind) => {
      const text = Buffer.from('a\nb\n'.repeat(100_000));
      const bytes = kind === 'plain' ? text : gzipSync(text, { level: 0 });
      const pieces = Array.from({ length: 100 }, (_, i) =>
        bytes.subarray(i * 1000, (i + 1) * 1000),
      );
      const source = Readable.from(pieces);
      for await (const line of lineStream(source)) {
        expect(line.toString()).toBe('a');
        break;
      }
      if (!source.closed) await new Promise((resolve) => source.once('close', resolve));
      expect(source.destroyed).toBe(true);
    },
  );
});
