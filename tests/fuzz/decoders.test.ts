import { isUtf8 } from 'node:buffer';
import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect } from 'vitest';
import { APACHE_FIELDS } from '../../shared/records/apache.ts';
import { createDecoder, type Decoder } from '../../shared/records/format.ts';
import { gunzip, isGzip } from '../../shared/records/gunzip.ts';
import { type Format, type MappedColumn, RecordFault } from '../../shared/records/types.ts';
import type { Row, SqlType, Value } from '../../shared/sql/types.ts';
import { SAMPLES } from '../records/samples.ts';
import { altered, bytes, damaged, depthOf, jsonText, logText, trailText } from './payloads.ts';
import { always } from './runs.ts';

/** One column of each type, named as it is found in a record. */
const TYPES: Readonly<Record<string, SqlType>> = {
  tiny: { name: 'TINYINT' },
  small: { name: 'SMALLINT' },
  n: { name: 'INTEGER' },
  big: { name: 'BIGINT' },
  price: { name: 'DECIMAL', precision: 10, scale: 2 },
  exact: { name: 'DECIMAL' },
  ratio: { name: 'DOUBLE' },
  real: { name: 'REAL' },
  short: { name: 'VARCHAR', length: 3 },
  text: { name: 'VARCHAR', length: 65_535 },
  ok: { name: 'BOOLEAN' },
  at: { name: 'TIMESTAMP' },
  day: { name: 'DATE' },
  clock: { name: 'TIME' },
};
const NAMES = Object.keys(TYPES);
const typed = (names: readonly string[]): MappedColumn[] =>
  names.map((name) => ({ name, type: TYPES[name]!, path: `$.${name}` }));
const UNITS = (['s', 'ms', 'us'] as const).map(
  (unit): MappedColumn => ({ name: unit, type: { name: 'TIMESTAMP' }, path: `$.${unit}`, unit }),
);
const JSON_NAMES = [...NAMES, 's', 'ms', 'us'];
const inList = typed(NAMES).map((column) => ({ ...column, path: `$.list[0:].${column.name}` }));

const LOG_TYPES: readonly (readonly [string, SqlType])[] = [
  ...APACHE_FIELDS.map((field) => [field, { name: 'VARCHAR', length: 64 }] as const),
  ['time', { name: 'TIMESTAMP' }],
  ['status', { name: 'SMALLINT' }],
  ['bytes', { name: 'BIGINT' }],
];
const logColumns = LOG_TYPES.map(
  ([path, type], i): MappedColumn => ({ name: `c${i}`, type, path }),
);

const ARRIVAL = Date.UTC(2026, 4, 2);

/** What a decoder makes of a record: its rows, or its refusal. */
function outcomeOf(decoder: Decoder, data: Buffer): { rows: Row[] } | { fault: string } {
  const rows: Row[] = [];
  // Between other bytes: a decoder must look at none of them.
  const around = Buffer.concat([Buffer.from('"}'), data, Buffer.from('1"')]);
  try {
    decoder.decode(around, 2, 2 + data.length, (row) => rows.push(row), ARRIVAL);
    return { rows };
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
    expect(rows, 'a record counts as a whole or not at all').toEqual([]);
    return { fault: `${error.reason}: ${error.message}` };
  }
}

const LIMITS: Readonly<Record<string, number>> = {
  TINYINT: 7,
  SMALLINT: 15,
  INTEGER: 31,
  BIGINT: 63,
};
const FIRST = new Date('0001-01-01T00:00:00Z').getTime();
const LAST = new Date('9999-12-31T23:59:59.999Z').getTime();

/** Is it a value that such a column can hold? */
function fits({ name, length = Number.POSITIVE_INFINITY }: SqlType, value: Value): boolean {
  if (value === null) return true;
  const bits = LIMITS[name];
  if (bits !== undefined) {
    if (typeof value === 'number' ? !Number.isSafeInteger(value) : typeof value !== 'bigint') {
      return false;
    }
    const whole = BigInt(value as number | bigint);
    return whole >= -(1n << BigInt(bits)) && whole < 1n << BigInt(bits);
  }
  if (name === 'BOOLEAN') return typeof value === 'boolean';
  if (name === 'VARCHAR') {
    return typeof value === 'string' && value.isWellFormed() && [...value].length <= length;
  }
  if (typeof value !== 'number' || !Number.isFinite(value) || Object.is(value, -0)) return false;
  if (name === 'TIME') return value >= 0 && value < 86_400_000;
  const isTime = name === 'TIMESTAMP' || name === 'DATE';
  return !isTime || (Number.isInteger(value) && value >= FIRST && value <= LAST);
}

function whatHolds(
  what: string,
  format: Format,
  columns: readonly MappedColumn[],
  payload: fc.Arbitrary<Buffer>,
): void {
  const seasoned = createDecoder(format, columns);
  always(
    `${what}: rows that fit, or a fault; the same from a new decoder`,
    fc.property(fc.oneof({ weight: 9, arbitrary: payload }, bytes), (data) => {
      const outcome = outcomeOf(seasoned, data);
      expect(outcomeOf(createDecoder(format, columns), data)).toEqual(outcome);
      if ('fault' in outcome) return;
      expect(isUtf8(data) || isGzip(data, 0, data.length)).toBe(true);
      for (const row of outcome.rows) {
        expect(row).toHaveLength(columns.length + 1);
        for (const [i, { name, type }] of columns.entries()) {
          expect(fits(type, row[i + 1]!), `${name} ${String(row[i + 1])}`).toBe(true);
        }
      }
    }),
  );
}

describe('decoders', () => {
  const json = damaged(jsonText([...JSON_NAMES, 'list']));
  whatHolds('json', 'json', [...typed(NAMES), ...UNITS], json);
  const lists = fc
    .array(jsonText(NAMES), { maxLength: 4 })
    .map((list) => `{"list":[${list.join(',')}],"list2":[]}`);
  whatHolds(
    'json, a row for each element',
    'json',
    inList,
    damaged(fc.oneof(lists, jsonText(['list']))),
  );
  whatHolds('cloudtrail', 'cloudtrail', typed(NAMES), damaged(trailText(NAMES)));
  whatHolds('apache', 'apache', logColumns, damaged(logText));
  for (const name of NAMES) {
    whatHolds(`${TYPES[name]!.name} from json`, 'json', typed([name]), damaged(jsonText([name])));
  }

  for (const { name, format, columns, record } of SAMPLES) {
    whatHolds(`a sample of ${name}, altered`, format, columns, altered(record));
  }

  const packed = fc
    .oneof(
      { weight: 9, arbitrary: bytes },
      { weight: 1, arbitrary: fc.nat(1_300_000).map((length) => Buffer.alloc(length)) },
    )
    .chain((data) => altered(gzipSync(data)));
  always(
    'gunzip: what was packed, within its bounds, or a fault',
    fc.property(fc.oneof(packed, bytes), (data) => {
      const most = Math.max(2 ** 20, data.length * 200);
      const known = plainly(() => gunzipSync(data));
      const found = plainly(() => gunzip(data, 0, data.length));
      if (known instanceof Buffer && known.length <= most) expect(found).toEqual(known);
      else expect(found).toBeInstanceOf(RecordFault);
    }),
  );

  const nothing = createDecoder('json', []);
  const text = createDecoder('json', typed(['text', 'short']));
  always(
    'json: takes exactly what JSON.parse takes, objects up to 1,000 levels',
    fc.property(json, (data) => {
      const outcome = outcomeOf(nothing, data);
      const known = parsed(data);
      const taken = known !== null && depthOf(data.toString()) <= 1000;
      expect('rows' in outcome, JSON.stringify(outcome)).toBe(taken);
      if (known === null || !taken) return;
      const { rows } = outcomeOf(text, data) as { rows: Row[] };
      const values = known.value as Record<string, unknown>;
      if (typeof values.text === 'string') expect(rows[0]![1]).toBe(values.text.toWellFormed());
      if (typeof values.short === 'string') {
        expect(rows[0]![2]).toBe([...values.short.toWellFormed()].slice(0, 3).join(''));
      }
    }),
  );
});

/** The object that JSON.parse reads, where it is UTF-8 and JSON and an object. */
function parsed(data: Buffer): { value: object } | null {
  if (!isUtf8(data)) return null;
  try {
    const value: unknown = JSON.parse(data.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { value } : null;
  } catch {
    return null;
  }
}

function plainly(read: () => Buffer): Buffer | unknown {
  try {
    return read();
  } catch (error) {
    return error;
  }
}
