import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoder } from '../../shared/records/format.ts';
import type { Row } from '../../shared/sql/types.ts';
import { column, decodeAll, refusal } from './columns.ts';

const columns = [
  column('VARCHAR(99)', '$.logGroup'),
  column('VARCHAR(99)', '$.logStream'),
  column('VARCHAR(12)', '$.owner'),
  column('VARCHAR(60)', '$.id'),
  column('TIMESTAMP', '$.timestamp'),
  column('VARCHAR(999)', '$.message'),
];
const inside = [
  column('VARCHAR(9)', '$.message.level'),
  column('BIGINT', '$.message.took.ms'),
  column('VARCHAR(9)', '$.message.tags[0]'),
];
const event = (id: string, message: string) => ({ id, timestamp: 1_777_723_200_000, message });
const envelope = (...logEvents: unknown[]) => ({
  messageType: 'DATA_MESSAGE',
  owner: '123456789012',
  logGroup: 'g',
  logStream: 's',
  subscriptionFilters: ['f'],
  logEvents,
});
const control = { ...envelope(event('', 'checking health')), messageType: 'CONTROL_MESSAGE' };
const pack = (...parts: unknown[]) =>
  Buffer.concat(parts.map((part) => gzipSync(JSON.stringify(part))));
const messages = (record: Buffer, wanted = columns.slice(3)) =>
  decodeAll('cloudwatch-logs', wanted, record).map((row) => row.slice(1));

describe('cloudwatch-logs', () => {
  it('gives a row for each event', () => {
    const record = pack(envelope(event('1', 'a\n"é"'), event('2', '')));
    const common = ['g', 's', '123456789012'];
    expect(decodeAll('cloudwatch-logs', columns, record)).toEqual([
      [0, ...common, '1', 1_777_723_200_000, 'a\n"é"'],
      [0, ...common, '2', 1_777_723_200_000, ''],
    ]);
  });

  it('takes the timestamp in the unit that is declared', () => {
    const wanted = [column('TIMESTAMP', '$.timestamp', { unit: 's' })];
    const record = pack(envelope({ ...event('1', ''), timestamp: 1_777_723_200 }));
    expect(messages(record, wanted)).toEqual([[1_777_723_200_000]]);
  });

  it('gives no row for a control message, and no fault', () => {
    expect(decodeAll('cloudwatch-logs', columns, pack(control))).toEqual([]);
  });

  it('reads several envelopes in members behind one another, and text that was unpacked', () => {
    const two = [envelope(event('1', 'a')), control, envelope(event('2', 'b'))];
    const expected = ['1', '2'];
    const ids = (record: Buffer) => messages(record).map(([id]) => id);
    expect(ids(pack(...two))).toEqual(expected);
    expect(ids(Buffer.from(two.map((part) => JSON.stringify(part)).join('\n')))).toEqual(expected);
  });

  it('reads into messages that are JSON objects; others are NULL there', () => {
    const texts = [
      '{"level":"warn","took":{"ms":"12"},"tags":["é","b"]}',
      'START RequestId: 7',
      ' {"level":"inf\\u006f"}\n',
      '{"level":',
      '["level"]',
      '{}',
      '{level}',
      '{"level":null,"took":[1]}',
    ];
    const record = pack(envelope(...texts.map((text, i) => event(String(i), text))));
    const none = [null, null, null];
    expect(messages(record, inside)).toEqual([
      ['warn', 12, 'é'],
      none,
      ['info', null, null],
      ...[none, none, none, none, none],
    ]);
  });

  it('reads into messages whatever is escaped on their way', () => {
    const text = JSON.stringify(envelope(event('1', '{"level":"é\\n\\\\\\/\\u00e9"}\u0001')));
    const plain = JSON.stringify(envelope(event('1', '{"level":"é\\n\\\\\\/\\u00e9"}')));
    const ascii = plain.replaceAll('é', '\\u00e9');
    for (const record of [plain, ascii]) {
      expect(messages(Buffer.from(record), inside)[0]![0]).toBe('é\n\\/é');
    }
    expect(messages(Buffer.from(text), inside)[0]![0]).toBeNull();
  });

  it('keeps columns of events, envelope and messages apart', () => {
    const wanted = [inside[0]!, columns[3]!, inside[1]!, columns[0]!];
    const record = pack(envelope(event('1', '{"level":"a","took":{"ms":1}}'), event('2', 'x')));
    expect(messages(record, wanted)).toEqual([
      ['a', '1', 1, 'g'],
      [null, '2', null, 'g'],
    ]);
    expect(messages(record, [])).toEqual([[], []]);
  });

  it('reads messages larger than its scratch', () => {
    const text = JSON.stringify({ pad: 'x'.repeat(100_000), level: 'e' });
    expect(messages(pack(envelope(event('1', text))), inside)[0]).toEqual(['e', null, null]);
  });

  it('gives the events that went in, whatever they hold', () => {
    const anything = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.json(),
      fc.record({ level: fc.string({ maxLength: 9 }) }).map((one) => JSON.stringify(one)),
    );
    const decoder = createDecoder('cloudwatch-logs', [columns[5]!, inside[0]!]);
    fc.assert(
      fc.property(fc.array(anything, { maxLength: 5 }), (texts) => {
        const record = pack(envelope(...texts.map((text, i) => event(String(i), text))));
        const rows: Row[] = [];
        decoder.decode(record, 0, record.length, (row) => rows.push(row), 0);
        const expected = texts.map((text) => [text.toWellFormed(), levelOf(text)]);
        expect(rows.map((row) => row.slice(1))).toEqual(
          expected.map(([text, level]) => [[...text!].slice(0, 999).join(''), level]),
        );
      }),
      { numRuns: 300 },
    );
  });

  it.each<[string, Buffer, string]>([
    ['other JSON', pack({ a: 1 }), 'BAD_FORMAT'],
    ['another type of message', pack({ ...control, messageType: 'X' }), 'BAD_FORMAT'],
    ['no events', pack({ messageType: 'DATA_MESSAGE' }), 'BAD_FORMAT'],
    [
      'events that are no list',
      pack({ ...control, messageType: 'DATA_MESSAGE', logEvents: 1 }),
      'BAD_FORMAT',
    ],
    ['an event that is no object', pack(envelope(event('1', 'a'), 7)), 'BAD_FORMAT'],
    ['a list', pack([envelope()]), 'BAD_FORMAT'],
    ['nothing', pack().subarray(0, 0), 'BAD_JSON'],
    ['packed text that is no JSON', gzipSync('x'), 'BAD_JSON'],
    [
      'packed bytes that are no text',
      gzipSync(Buffer.from('{"a":"\xff"}', 'latin1')),
      'BAD_ENCODING',
    ],
    [
      'one envelope and a damaged one',
      Buffer.concat([pack(envelope()), gzipSync('{"a"')]),
      'BAD_JSON',
    ],
    ['cut gzip', pack(envelope(event('1', 'a'))).subarray(0, -9), 'BAD_GZIP'],
    ['a bomb', gzipSync(Buffer.alloc(2 ** 22, ' ')), 'BAD_GZIP'],
    ['a time that is none', pack(envelope({ ...event('1', ''), timestamp: 'x' })), 'BAD_TYPE'],
  ])('refuses %s', (_, record, reason) => {
    expect(refusal('cloudwatch-logs', columns, record)).toBe(reason);
  });

  it('refuses a value within a message that does not fit its column', () => {
    const record = pack(envelope(event('1', '{"took":{"ms":"long"}}')));
    expect(refusal('cloudwatch-logs', inside, record)).toBe('BAD_TYPE');
  });

  it.each([
    ['$.level', "has no 'level'; it has timestamp, message"],
    ['$', "has no ''"],
    ['$[0]', "has no ''"],
    ['$.message.list[0:].x', 'the events give the rows'],
  ])('%s cannot be read', (path, message) => {
    expect(() => createDecoder('cloudwatch-logs', [column('VARCHAR(9)', path)])).toThrow(message);
  });
});

/** $.message.level as JSON.parse sees it. */
function levelOf(text: string): string | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
    const { level } = value as { level?: unknown };
    if (level === undefined || level === null) return null;
    const shown = typeof level === 'string' ? level : JSON.stringify(level);
    return [...shown.toWellFormed()].slice(0, 9).join('');
  } catch {
    return null;
  }
}
