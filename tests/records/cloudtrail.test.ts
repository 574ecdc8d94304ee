import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createDecoder } from '../../shared/records/format.ts';
import type { Row } from '../../shared/sql/types.ts';
import { column, decodeAll, refusal } from './columns.ts';

const columns = [
  column('TIMESTAMP', '$.eventTime'),
  column('VARCHAR(64)', '$.eventName'),
  column('VARCHAR(64)', '$.userIdentity.userName'),
];
const event = (name: string, user?: string) => ({
  eventVersion: '1.08',
  userIdentity: { type: 'IAMUser', ...(user === undefined ? {} : { userName: user }) },
  eventTime: '2023-07-10T11:42:18Z',
  eventName: name,
});
const time = Date.UTC(2023, 6, 10, 11, 42, 18);
const bridge = {
  version: '0',
  id: '6a7e8feb',
  'detail-type': 'AWS API Call via CloudTrail',
  source: 'aws.s3',
  time: '2030-01-01T00:00:00Z',
  detail: event('PutObject', 'ann'),
};

describe('cloudtrail', () => {
  it.each<[string, unknown, Row[]]>([
    ['one event', event('A', 'ann'), [[0, time, 'A', 'ann']]],
    [
      'a file of events',
      { Records: [event('A', 'ann'), event('B')] },
      [
        [0, time, 'A', 'ann'],
        [0, time, 'B', null],
      ],
    ],
    ['an empty file', { Records: [] }, []],
    ['an EventBridge event', bridge, [[0, time, 'PutObject', 'ann']]],
    ['an event with a detail of its own', { ...event('A'), detail: {} }, [[0, time, 'A', null]]],
  ])('%s', (_, record, rows) => {
    expect(decodeAll('cloudtrail', columns, JSON.stringify(record))).toEqual(rows);
  });

  it.each([
    ['another object', { a: 1 }],
    ['another EventBridge event', { ...bridge, detail: { state: 'running' } }],
    ['a file with something else in it', { Records: [event('A'), { a: 1 }] }],
    ['a file of no objects', { Records: [1] }],
    ['a list', [event('A')]],
  ])('refuses %s', (_, record) => {
    expect(refusal('cloudtrail', columns, JSON.stringify(record))).toBe('BAD_FORMAT');
  });

  it('reads columns that are named like the wrapping', () => {
    const detail = [column('VARCHAR(9)', '$.detail.x'), column('VARCHAR(9)', '$.Records')];
    const record = JSON.stringify({ ...event('A'), detail: { x: 'y' }, Records: 'z' });
    expect(decodeAll('cloudtrail', detail, record)).toEqual([[0, 'y', 'z']]);
  });

  it('keeps nothing from the record before', () => {
    const decoder = createDecoder('cloudtrail', columns);
    const decode = (record: unknown): Row[] => {
      const rows: Row[] = [];
      const buf = Buffer.from(JSON.stringify(record));
      decoder.decode(buf, 0, buf.length, (row) => rows.push(row), 0);
      return rows;
    };
    decode({ Records: [event('A', 'ann'), event('B', 'bob')] });
    decode(bridge);
    expect(decode(event('C'))).toEqual([[0, time, 'C', null]]);
    expect(decode({ Records: [event('D'), event('E')] }).map((row) => row[3])).toEqual([
      null,
      null,
    ]);
  });
});

const file = new URL('../../../shared/data/cloudtrail/events.ndjson.gz', import.meta.url);
const present = existsSync(file);

describe.skipIf(!present)('real CloudTrail events (../shared/data, else skipped)', () => {
  const lines = present ? gunzipSync(readFileSync(file)).toString().trim().split('\n') : [];
  const events = lines.map((line) => JSON.parse(line) as Record<string, unknown>);

  it('give what JSON.parse gives, at every path of every event', () => {
    const paths = [...new Set(events.flatMap((value) => pathsOf(value, '$', 3)))];
    expect(paths.length).toBeGreaterThan(100);
    const decoder = createDecoder(
      'cloudtrail',
      paths.map((path) => column('VARCHAR(100000)', path)),
    );
    lines.forEach((line, i) => {
      const buf = Buffer.from(line);
      decoder.decode(
        buf,
        0,
        buf.length,
        (row) => {
          paths.forEach((path, k) => {
            const value = at(events[i], path);
            const got = row[k + 1];
            const expected = value === undefined ? null : value;
            if (got === expected) return; // most of 600,000 comparisons: expect is slow
            expect(JSON.parse(got as string), path).toEqual(expected);
          });
        },
        0,
      );
    });
  });

  it('give the same rows alone and as one file', () => {
    const alone = lines.slice(0, 300).flatMap((line) => decodeAll('cloudtrail', columns, line));
    const listed = `{"Records":[${lines.slice(0, 300).join(', ')}]}`;
    expect(decodeAll('cloudtrail', columns, listed)).toEqual(alone);
    expect(alone.map((row) => row[1])).toEqual(
      events.slice(0, 300).map(({ eventTime }) => Date.parse(eventTime as string)),
    );
  });
});

function pathsOf(value: unknown, path: string, levels: number): string[] {
  if (levels === 0 || typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    const below = `${path}[${Array.isArray(value) ? key : `'${key}'`}]`;
    return [below, ...pathsOf(inner, below, levels - 1)];
  });
}

function at(value: unknown, path: string): unknown {
  for (const [, key = '', index] of path.matchAll(/\['([^']+)'\]|\[(\d+)\]/g)) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value) !== (index !== undefined)) return undefined;
    value = (value as Record<string, unknown>)[index ?? key];
  }
  return value;
}
