import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readBody } from '../../functions/ingest/body.ts';
import { elementReader } from '../../functions/ingest/elements.ts';
import type { KeySource } from '../../shared/config/ingest.ts';
import { post } from './request.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };
const LIMIT = 6 * 2 ** 20;

function elements(
  body: string | Buffer,
  headers: Record<string, string> = {},
  key: KeySource = { kind: 'random' },
) {
  const isLines = headers['content-type']?.startsWith('text/') ?? false;
  const read = readBody(post({ body, headers }), isLines ? 'lines' : 'json', LIMIT);
  return elementReader(key)(read).map(({ data, key }) => [data.toString(), key]);
}

describe('elements of a body', () => {
  const PATH = { kind: 'path', path: '$.user.id' } as const;

  it('go on as the bytes they were', () => {
    const big = '{ "n" : 12345678901234567890.10, "text":"caf\\u00e9 ü" , "n":1e400}';
    expect(elements(` ${big}\n`)).toEqual([[big, null]]);
    expect(elements(`[${big} , {}\t]`)).toEqual([
      [big, null],
      ['{}', null],
    ]);
    expect(elements(`${big}\r\n\n  \n{"a":1}`, NDJSON)).toEqual([
      [big, null],
      ['{"a":1}', null],
    ]);
    expect(elements('a line\r\n\nanother', { 'content-type': 'text/plain' })).toEqual([
      ['a line', null],
      ['another', null],
    ]);
    expect(elements('[]')).toEqual([]);
  });

  it('name their partition key', () => {
    const all = ['"ann"', '17', '"\\u00fc"', '"ü"'].map((id) => `{"user":{"id":${id}}}`);
    const keys = ['ann', '17', 'ü', 'ü'];
    const found = (rows: (string | null)[][]) => rows.map(([, key]) => key);
    expect(found(elements(`[${all}]`, {}, PATH))).toEqual(keys);
    expect(found(elements(all.join('\n'), NDJSON, PATH))).toEqual(keys);
    expect(found(elements(all[0]!, {}, PATH))).toEqual(['ann']);
  });

  it('are those that JSON.parse finds, in whatever form they come', () => {
    const object = fc.dictionary(fc.string(), fc.jsonValue());
    fc.assert(
      fc.property(fc.array(object, { minLength: 1 }), fc.boolean(), (objects, packed) => {
        const parsed = (body: string, headers: Record<string, string>) => {
          const more = packed ? { 'content-encoding': 'gzip' } : {};
          const bytes = packed ? gzipSync(body) : body;
          return elements(bytes, { ...headers, ...more }).map(([text]) => JSON.parse(text!));
        };
        const plain = JSON.parse(JSON.stringify(objects));
        expect(parsed(JSON.stringify(objects, null, 1), {})).toEqual(plain);
        expect(parsed(objects.map((one) => JSON.stringify(one)).join('\n'), NDJSON)).toEqual(plain);
      }),
      { numRuns: 200 },
    );
  });
});

describe('events/http/', () => {
  it.each([
    ['object', ['u-1']],
    ['array', ['u-1', 'u-2']],
    ['ndjson-gzip', ['u-1', 'u-2']],
    ['bad-line', 'line 2: not valid JSON: a value is expected at byte 8'],
    ['unsupported-type', 'this stream takes application/json'],
  ])('%s', (name, expected) => {
    const file = new URL(`../../events/http/${name}.json`, import.meta.url);
    const read = () => {
      const body = readBody(JSON.parse(readFileSync(file, 'utf8')), 'json', LIMIT);
      return elementReader({ kind: 'path', path: '$.user.id' })(body).map(({ key }) => key);
    };
    if (Array.isArray(expected)) expect(read()).toEqual(expected);
    else expect(read).toThrow(expected);
  });
});

describe('media types', () => {
  it.each([
    ['application/json; charset=UTF-8'],
    ['Application/JSON;charset="utf-8"'],
    ['application/vnd.orders.v1+json'],
    ['application/cloudevents+json'],
  ])('%s is JSON', (type) => {
    expect(elements('{}', { 'content-type': type })).toHaveLength(1);
  });

  it('application/ndjson is taken too, and gzip is not told from x-gzip', () => {
    const headers = { 'content-type': 'application/ndjson', 'content-encoding': 'X-GZIP' };
    expect(elements(gzipSync('{}\n{}'), headers)).toHaveLength(2);
    expect(elements('{}', { 'content-encoding': 'identity' })).toHaveLength(1);
  });
});
