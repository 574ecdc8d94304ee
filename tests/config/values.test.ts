import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mendDuration, parseDuration } from '../../shared/config/duration.ts';
import { parseSqlType } from '../../shared/config/sql-type.ts';
import { parseStreams } from '../../shared/config/streams.ts';

describe('durations', () => {
  it.each([
    ['0s', 0],
    ['30s', 30_000],
    ['5m', 300_000],
    ['48h', 172_800_000],
    ['7d', 604_800_000],
  ])('%s', (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each(['', '5', 's', '1.5h', '-1h', '5 m', '1h30m', '5ms', '1w', '5M', '1234567890s'])(
    'none: %j',
    (text) => expect(parseDuration(text)).toBeNull(),
  );

  it.each([
    ['48 hours', '48h'],
    ['5 M', '5m'],
    ['2 weeks', '14d'],
    ['10 sec', '10s'],
    ['100ms', null],
    ['3 months', null],
    ['soon', null],
  ])('%s is mended to %s', (text, mended) => expect(mendDuration(text)).toBe(mended));
});

describe('SQL types', () => {
  it.each([
    ['VARCHAR(64)', { name: 'VARCHAR', length: 64 }],
    ['character  varying ( 8 )', { name: 'VARCHAR', length: 8 }],
    ['CHAR', { name: 'CHAR', length: 1 }],
    ['int', { name: 'INTEGER' }],
    ['FLOAT', { name: 'DOUBLE' }],
    ['double precision', { name: 'DOUBLE' }],
    ['NUMERIC(9,2)', { name: 'DECIMAL', precision: 9, scale: 2 }],
    ['DECIMAL(19)', { name: 'DECIMAL', precision: 19, scale: 0 }],
    ['DEC', { name: 'DECIMAL' }],
    ['TIMESTAMP', { name: 'TIMESTAMP' }],
  ])('%s', (text, type) => expect(parseSqlType(text)).toEqual(type));

  it.each([
    ['VARCHAR', /needs a length/],
    ['VARCHAR(0)', /from 1 to/],
    ['VARCHAR(8,2)', /one length/],
    ['DECIMAL(20)', /from 1 to 19/],
    ['DECIMAL(4,5)', /scale/],
    ['BIGINT(8)', /takes no length/],
    ['BIGNIT', /did you mean BIGINT/],
    ['INTERVAL', /no SQL type/],
    ['constructor', /no SQL type/],
    ['', /no SQL type/],
    ['VARCHAR(64', /no SQL type/],
  ])('refused: %j', (text, wrong) => {
    expect(parseSqlType(text)).toEqual({ wrong: expect.stringMatching(wrong) });
  });
});

const TEXT = `streams:
  clicks: { shards: 1, retention: 48h, format: json }
applications:
  counts:
    stream: clicks
    sql: counts.sql
    schema:
      PAGE: VARCHAR(64)
      AT: { type: TIMESTAMP, path: $.at, unit: ms }
    batch: { size: 10, window: 5s }
    outputs:
      HITS: { table: results, keep: 7d }
`;

describe('a damaged file', () => {
  it('is refused with places inside the text, or read whole; nothing throws', () => {
    const lines = TEXT.split('\n').length;
    const piece = fc.oneof(
      fc.constantFrom(
        '',
        ' ',
        ':',
        '{',
        ']',
        '\n',
        '- ',
        '*x',
        '&x ',
        '!t ',
        '"',
        '__proto__: 1\n',
        '0',
      ),
      fc.string({ maxLength: 5 }),
    );
    const at = fc.nat(TEXT.length);
    fc.assert(
      fc.property(at, fc.nat(12), piece, (from, length, insert) => {
        const text = TEXT.slice(0, from) + insert + TEXT.slice(from + length);
        const { config, diagnostics } = parseStreams(text);
        expect(config === null).toBe(diagnostics.length > 0);
        for (const { line, column, message } of diagnostics) {
          expect(line).toBeGreaterThanOrEqual(1);
          expect(line).toBeLessThanOrEqual(lines + insert.length);
          expect(column).toBeGreaterThanOrEqual(1);
          expect(message).not.toMatch(/undefined|\[object/);
        }
      }),
      { numRuns: 300 },
    );
  });
});
