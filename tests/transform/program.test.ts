import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createTransform } from '../../functions/transform/transform.ts';
import { checkSource } from '../../infra/programs.ts';
import { transformer } from '../../shared/firehose/transformer.ts';
import type { Format, MappedColumn } from '../../shared/records/types.ts';
import { firehoseEvent, logOf, MINUTES, textsOf } from '../helpers/firehose.ts';

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
});

const COLUMNS: readonly MappedColumn[] = [
  { name: 'id', path: '$.id', type: { name: 'BIGINT' } },
  { name: 'country', path: '$.country', type: { name: 'VARCHAR', length: 2 } },
  { name: 'amount', path: '$.amount', type: { name: 'VARCHAR', length: 16 } },
];

function open(
  sql: string,
  output: string,
  format: Format = 'ndjson',
  partitionKeys: readonly string[] = [],
) {
  const { plan, errors, refused } = checkSource(sql, { stream: 'orders', columns: COLUMNS });
  expect([...errors, ...refused]).toEqual([]);
  const work = {
    kind: 'sql',
    columns: COLUMNS,
    plan: JSON.parse(JSON.stringify(plan)),
    output,
  } as const;
  const config = {
    delivery: 'paid',
    format,
    compression: 'none',
    work,
    partitionKeys,
    timestamps: 'iso',
  } as const;
  return transformer(createTransform(config), { keys: partitionKeys, putBack: null });
}

const PAID = `CREATE STREAM "PAID" ("order" BIGINT, "land" VARCHAR(8), "cents" INTEGER, "at" TIMESTAMP);
CREATE PUMP "P" AS INSERT INTO "PAID"
SELECT STREAM s."id", LOWER(s."country") || '-x', CAST(s."amount" AS DECIMAL(9,2)) * 100, s.ROWTIME
FROM SOURCE_SQL_STREAM_001 AS s WHERE s."country" <> 'XX';
`;
const order = (id: number, country: string, amount: string) =>
  JSON.stringify({ id, country, amount });

describe('a program', () => {
  it('filters, renames, casts and derives; records and rows stand each for itself', async () => {
    const handler = open(PAID, 'PAID');
    const line = (id: number, land: string, cents: number, ms: number) =>
      `{"order":${id},"land":"${land}-x","cents":${cents},"at":"2026-05-02T23:59:58.${ms}Z"}\n`;
    const records = [
      order(1, 'PT', '1.50'),
      `${order(2, 'NO', '2')}\n${order(3, 'XX', '9')}\n${order(4, 'PT', '3')}`,
      order(5, 'XX', '1'),
      `${order(6, 'PT', '1')}\n${order(7, 'PT', 'much')}`,
      '{"id":',
      order(8, 'NO', '0.01'),
    ];
    const log = await logOf(async () => {
      expect(textsOf(await handler(firehoseEvent(records), MINUTES))).toEqual([
        line(1, 'pt', 150, 123),
        line(2, 'no', 200, 124) + line(4, 'pt', 300, 124),
        'Dropped',
        'ProcessingFailed',
        'ProcessingFailed',
        line(8, 'no', 1, 128),
      ]);
    });
    expect(log.flatMap(({ Reason }) => Reason ?? [])).toEqual([
      'FILTERED',
      'ROW_ERROR',
      'BAD_JSON',
    ]);
    expect(log.find(({ reason }) => reason === 'ROW_ERROR')).toMatchObject({
      first: 'pump P: CAST: CAST to DECIMAL(9,2): the text is not a number',
    });
    expect(JSON.stringify(log)).not.toContain('much');
  });

  it('gives partition keys, and knows where a record lay', async () => {
    const sql = `CREATE STREAM "OUT" ("country" VARCHAR(2), "shard" VARCHAR(64), "key" VARCHAR(64), "number" VARCHAR(64));
CREATE PUMP "P" AS INSERT INTO "OUT"
SELECT STREAM s."country", s."SHARD_ID", s."PARTITION_KEY", s."SEQUENCE_NUMBER" FROM SOURCE_SQL_STREAM_001 AS s;
`;
    const handler = open(sql, 'OUT', 'ndjson', ['country', 'date']);
    const event = firehoseEvent([
      order(1, 'PT', '1'),
      `${order(1, 'PT', '1')}${order(1, 'NO', '1')}`,
    ]);
    const { records } = await handler(event, MINUTES);
    expect(records[0]!.metadata?.partitionKeys).toEqual({ country: 'PT', date: '2026-05-02' });
    expect(textsOf({ records })).toEqual([
      `{"country":"PT","shard":"shardId-000000000000","key":"key-0","number":"${event.records[0]!.recordId}"}\n`,
      'ProcessingFailed',
    ]);
    const direct = firehoseEvent([order(1, 'PT', '1')], { direct: true });
    expect(textsOf(await handler(direct, MINUTES))).toEqual([
      '{"country":"PT","shard":null,"key":null,"number":null}\n',
    ]);
  });

  it('of several pumps delivers one stream: what others cannot take does not matter to it', async () => {
    const sql = `CREATE STREAM "A" ("id" BIGINT); CREATE STREAM "B" ("id" BIGINT); CREATE STREAM "OTHER" ("n" INTEGER);
CREATE PUMP "PA" AS INSERT INTO "A" SELECT STREAM s."id" FROM SOURCE_SQL_STREAM_001 AS s;
CREATE PUMP "PB" AS INSERT INTO "B" SELECT STREAM a."id" + 1 FROM "A" AS a WHERE a."id" > 1;
CREATE PUMP "PO" AS INSERT INTO "OTHER" SELECT STREAM CAST(s."amount" AS INTEGER) FROM SOURCE_SQL_STREAM_001 AS s;
`;
    const event = firehoseEvent([order(1, 'PT', 'x'), order(2, 'PT', 'x')]);
    expect(textsOf(await open(sql, 'B')(event, MINUTES))).toEqual(['Dropped', '{"id":3}\n']);
    expect(textsOf(await open(sql, 'OTHER')(event, MINUTES))).toEqual([
      'ProcessingFailed',
      'ProcessingFailed',
    ]);
  });
});
