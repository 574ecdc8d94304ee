import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createIngest } from '../../functions/ingest/ingest.ts';
import type { Ingest } from '../../shared/config/ingest.ts';
import { context, post } from './request.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };
const GZIP = { 'content-encoding': 'gzip' };
const TEXT = { 'content-type': 'text/plain' };
const BY_PATH = { key: { kind: 'path', path: '$.id' } } as const;
const BY_HEADER = { key: { kind: 'header', header: 'x-user' } } as const;
const MIB = 'x'.repeat(2 ** 20);

const SETTINGS: Ingest = {
  stream: 'clicks',
  body: 'json',
  key: { kind: 'random' },
  limitBytes: 3 * 2 ** 20,
  aggregates: false,
};

/** Each with its documented outcome: status, code, and the place at fault. Nothing is put. */
const REFUSED: readonly [
  what: string,
  body: string | Buffer,
  headers: Record<string, string>,
  outcome: object,
  settings?: Partial<Ingest>,
][] = [
  ['no body', '', {}, { status: 400, code: 'BAD_JSON' }],
  ['white space', ' \n', {}, { status: 400, code: 'BAD_JSON' }],
  ['no lines', '\r\n \n', NDJSON, { status: 400, code: 'NO_RECORD' }],
  ['cut JSON', '{"a":', {}, { status: 400, code: 'BAD_JSON' }],
  ['two values', '{} {}', {}, { status: 400, code: 'BAD_JSON' }],
  ['a scalar', '17', {}, { status: 400, code: 'BAD_FORMAT' }],
  ['a cut array', '[{"a":1},{"b":', {}, { status: 400, code: 'BAD_JSON', element: 1 }],
  ['a scalar in an array', '[{},{},3]', {}, { status: 400, code: 'BAD_FORMAT', element: 2 }],
  ['an array in an array', '[[{}]]', {}, { status: 400, code: 'BAD_FORMAT', element: 0 }],
  ['a bad line', '{}\n\n{"a"}\n{}', NDJSON, { status: 400, code: 'BAD_JSON', line: 3 }],
  ['a scalar line', '{}\n7', NDJSON, { status: 400, code: 'BAD_FORMAT', line: 2 }],
  ['an array as a line', '[{}]', NDJSON, { status: 400, code: 'BAD_FORMAT', line: 1 }],
  [
    'bytes that are no UTF-8',
    Buffer.from('{"a":"\xff"}', 'latin1'),
    NDJSON,
    { status: 400, code: 'BAD_ENCODING', line: 1 },
  ],
  [
    'a line of bytes that are no UTF-8',
    gzipSync(Buffer.of(0x61, 0xc3)),
    { ...TEXT, ...GZIP },
    { status: 400, code: 'BAD_ENCODING' },
    { body: 'lines' },
  ],
  ['nested too deep', '['.repeat(2000), {}, { status: 400, code: 'BAD_JSON', element: 0 }],
  ['no key', '[{"id":1},{"ID":2}]', {}, { status: 400, code: 'NO_KEY', element: 1 }, BY_PATH],
  ['a key that is null', '{"id":null}', NDJSON, { status: 400, code: 'NO_KEY', line: 1 }, BY_PATH],
  ['an empty key', '{"id":""}', {}, { status: 400, code: 'PARTITION_KEY' }, BY_PATH],
  [
    'a key too long',
    `{"id":"${'k'.repeat(257)}"}`,
    {},
    { status: 400, code: 'PARTITION_KEY' },
    BY_PATH,
  ],
  ['no key header', '{}', {}, { status: 400, code: 'NO_KEY' }, BY_HEADER],
  ['a record too large', `[{},{"a":"${MIB}"}]`, {}, { status: 413, code: 'TOO_LARGE', element: 1 }],
  ['a body too large', ' '.repeat(3 * 2 ** 20 + 1), {}, { status: 413, code: 'TOO_LARGE' }],
  [
    'a body too large when unpacked',
    gzipSync(Buffer.alloc(3 * 2 ** 20 + 1, ' ')),
    GZIP,
    { status: 413, code: 'TOO_LARGE' },
  ],
  ['a bomb', gzipSync(Buffer.alloc(100 * 2 ** 20)), GZIP, { status: 413, code: 'TOO_LARGE' }],
  [
    'a small bomb',
    gzipSync(Buffer.alloc(2 ** 20)),
    GZIP,
    { status: 413, code: 'TOO_LARGE' },
    { limitBytes: 1024 },
  ],
  ['too many records', '{}\n'.repeat(10_001), NDJSON, { status: 413, code: 'TOO_MANY' }],
  ['too many elements', `[${'{},'.repeat(10_000)}{}]`, {}, { status: 413, code: 'TOO_MANY' }],
  ['far too many', `[${'{},'.repeat(200_000)}{}]`, {}, { status: 413, code: 'TOO_MANY' }],
  ['damaged gzip', gzipSync('{}').subarray(0, 9), GZIP, { status: 400, code: 'BAD_GZIP' }],
  ['gzip that is none', '{}', GZIP, { status: 400, code: 'BAD_GZIP' }],
  [
    'another encoding',
    '{}',
    { 'content-encoding': 'br' },
    { status: 415, code: 'UNSUPPORTED_ENCODING' },
  ],
  [
    'a form',
    'a=b',
    { 'content-type': 'application/x-www-form-urlencoded' },
    { status: 415, code: 'UNSUPPORTED_TYPE' },
  ],
  ['no type', '{}', { 'content-type': '' }, { status: 415, code: 'UNSUPPORTED_TYPE' }],
  ['text for a stream of JSON', 'a', TEXT, { status: 415, code: 'UNSUPPORTED_TYPE' }],
  [
    'JSON for a stream of lines',
    '{}',
    {},
    { status: 415, code: 'UNSUPPORTED_TYPE' },
    { body: 'lines' },
  ],
  [
    'another charset',
    '{}',
    { 'content-type': 'application/json; charset=latin1' },
    { status: 415, code: 'UNSUPPORTED_CHARSET' },
  ],
];

describe('a request is refused as a whole', () => {
  it.each(REFUSED)('%s', async (...[, body, headers, outcome, settings = {}]) => {
    let puts = 0;
    const ingest = createIngest({ ...SETTINGS, ...settings }, async () => {
      puts += 1;
      return [];
    });
    const { statusCode, body: answer } = await ingest(post({ body, headers }), context());
    const { error } = JSON.parse(answer);
    const { message, ...rest } = error;
    expect({ status: statusCode, ...rest }).toEqual(outcome);
    expect(message.length).toBeLessThan(300);
    expect(puts).toBe(0);
  });

  it('without a word of what was posted', async () => {
    const ingest = createIngest(SETTINGS, async () => []);
    const secret = 'hunter2';
    for (const body of [`{"password":"${secret}`, `{"${secret}" 1}`, secret]) {
      const { body: answer } = await ingest(post({ body }), context());
      expect(answer).not.toContain(secret);
    }
  });
});
