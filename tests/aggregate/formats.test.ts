import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { WrittenColumn } from '../../shared/config/columns.ts';
import type { Format } from '../../shared/records/types.ts';
import { useRig } from '../bad-inputs/rig.ts';

const rig = useRig();

/** Counts by person, minute by minute of the records' own time. */
const SQL = `
  CREATE OR REPLACE STREAM "COUNTS" ("minute" TIMESTAMP, "who" VARCHAR(64), "n" BIGINT, "sum" BIGINT);
  CREATE OR REPLACE PUMP "COUNTS_PUMP" AS INSERT INTO "COUNTS"
  SELECT STREAM STEP(s."at" BY INTERVAL '1' MINUTE), s."who", COUNT(*), SUM(s."x")
  FROM "SOURCE_SQL_STREAM_001" AS s
  GROUP BY s."who", STEP(s."at" BY INTERVAL '1' MINUTE), STEP(s.ROWTIME BY INTERVAL '1' MINUTE);`;

interface Case {
  readonly format: Format;
  readonly at: WrittenColumn['path'];
  readonly who: string;
  readonly x: WrittenColumn;
  /** who, how many, and the sum of x. */
  readonly counts: readonly (readonly [string, number, number?])[];
  /** Positions and reasons of what is set aside. */
  readonly faults: readonly string[];
}

const order = { x: { type: 'BIGINT', path: '$.id' }, at: '$.placed', who: '$.country' };
const orders: Case['counts'] = [
  ['NO', 1, 2],
  ['PT', 2, 4],
];
const CASES: Readonly<Record<string, Case>> = {
  'json-array': {
    ...{ format: 'json-array', ...order, faults: ['2 BAD_FORMAT'] },
    counts: [
      ['NO', 1, 2],
      ['PT', 1, 1],
    ],
  },
  ndjson: { format: 'ndjson', ...order, counts: orders, faults: ['2 BAD_JSON'] },
  csv: {
    ...{ format: { csv: { columns: ['id', 'country', 'placed'] } }, at: 'placed', who: 'country' },
    ...{ x: { type: 'BIGINT', path: 'id' }, counts: orders, faults: ['2 BAD_FORMAT'] },
  },
  syslog: {
    ...{ format: 'syslog', at: 'time', who: 'app', x: { type: 'BIGINT', path: 'severity' } },
    counts: [
      ['orders', 1, 5],
      ['sshd', 1, 2],
    ],
    faults: ['2 BAD_FORMAT'],
  },
  'cloudwatch-logs': {
    ...{ format: 'cloudwatch-logs', at: '$.timestamp', who: '$.logGroup' },
    x: { type: 'BIGINT', path: '$.message.order.id' },
    counts: [['/aws/lambda/orders', 3, 15]],
    faults: ['2 BAD_GZIP'],
  },
  dynamodb: {
    ...{ format: 'dynamodb', at: '$.time', who: '$.eventName' },
    x: { type: 'BIGINT', path: '$.dynamodb.SizeBytes' },
    counts: [
      ['INSERT', 1, 61],
      ['MODIFY', 1, 61],
      ['REMOVE', 1, 61],
    ],
    faults: ['3 BAD_FORMAT'],
  },
};

describe('a batch of each format through the function', () => {
  it.each(Object.entries(CASES))('events/formats/%s.json', async (name, sample) => {
    const text = readFileSync(
      new URL(`../../events/formats/${name}.json`, import.meta.url),
      'utf8',
    );
    const event = JSON.parse(text);
    const { format, at, who, x, counts, faults } = sample;
    const columns = {
      at: { type: 'TIMESTAMP', ...(at ? { path: at } : {}) },
      who: { type: 'VARCHAR(64)', path: who },
      x,
    };
    const job = await rig.open({ sql: SQL, columns, format });
    for (let time = 0; time < 2; time++) {
      expect(await job.send(event)).toEqual({ batchItemFailures: [] });
      const rows = (await job.rows('COUNTS')).map((row) => [row.who, row.n, row.sum]);
      expect(rows.sort()).toEqual(counts);
      const aside = Object.values(job.faults()).map((record) => {
        const index = event.Records.findIndex(
          ({ kinesis }: { kinesis: { sequenceNumber: string } }) =>
            kinesis.sequenceNumber === record.sequenceNumber,
        );
        return `${index} ${record.faults.map(({ reason }) => reason).join()}`;
      });
      expect(aside).toEqual(faults);
    }
  });
});
