import { Readable } from 'node:stream';
import { createGzip } from 'node:zlib';
import { consume } from '../../shared/consume/consume.ts';
import type { KinesisBatch } from '../../shared/records/event.ts';
import { lineStream } from '../../shared/records/line-stream.ts';
import type { FormatName, MappedColumn } from '../../shared/records/types.ts';
import { checkProgram } from '../../shared/sql/check/check.ts';
import { applicationOf, consumerOf, memoryFaults } from '../aggregate/harness.ts';
import { memoryStore } from '../helpers/memory-store.ts';
import { aggregateRecord, kinesisEvent } from '../helpers/wire.ts';
import { field, frame, keyEntry, userRecord } from '../kpl/protobuf.ts';

/** The largest record that a stream may take, and the hardest to hold. */
const MOST = 10 * 2 ** 20;

/** A batch of two: what is said, and a good record behind it. */
const batch = (data: Buffer | string, good = '{"who":"good"}'): KinesisBatch =>
  kinesisEvent([{ data }, { data: good }]);

/** `text` again and again between two others, 10 MiB in all. */
function filled(before: string, text: string, after: string): string {
  const times = Math.floor((MOST - before.length - after.length) / text.length);
  return before + text.repeat(times) + after;
}

/** What became of it: rows that were counted, and faults. */
interface Told {
  readonly rows: number;
  readonly faults: number;
}

async function aggregated(
  event: KinesisBatch,
  format: FormatName = 'json',
  path?: string,
): Promise<Told> {
  const who: MappedColumn = {
    name: 'who',
    type: { name: 'VARCHAR', length: 64 },
    path: path ?? (format === 'apache' ? 'page' : '$.who'),
  };
  const n: MappedColumn = {
    name: 'n',
    type: { name: 'DECIMAL' },
    path: format === 'apache' ? 'bytes' : '$.n',
  };
  const columns = path === undefined ? [who, n] : [who];
  const sum = path === undefined ? 's."n"' : '1';
  const sql = `
    CREATE STREAM "COUNTS" ("who" VARCHAR(64), "events" BIGINT, "most" DOUBLE);
    CREATE PUMP "COUNTING" AS INSERT INTO "COUNTS"
    SELECT STREAM s."who", COUNT(*), MAX(${sum}) FROM "SOURCE_SQL_STREAM_001" AS s
    GROUP BY s."who", STEP(s.ROWTIME BY INTERVAL '1' MINUTE);`;
  const { plan, errors } = checkProgram(sql, {
    sources: [{ name: 'SOURCE_SQL_STREAM_001', columns }],
  });
  if (plan === null) throw new Error(JSON.stringify(errors));
  const store = memoryStore();
  const faults = memoryFaults();
  const stream = { name: 'events', format, producer: 'other' as const, retentionMs: 86_400_000 };
  const send = consumerOf(applicationOf(plan, { columns, stream }), store, {
    // As a store does that sends it.
    put: async (record) => {
      JSON.stringify(record);
      await faults.put(record);
    },
  });
  const { batchItemFailures } = await send(event);
  if (batchItemFailures.length > 0) throw new Error('the batch failed');
  const items = Object.entries(store.dump()).filter(([id]) => !id.includes('.epochs'));
  const rows = items.reduce((total, [, item]) => total + Number(item.events!.N), 0);
  const objects = [...faults.objects.values()];
  return { rows, faults: objects.reduce((total, object) => total + object.faults.length, 0) };
}

const small = (count: number, data: string) =>
  Array.from({ length: count }, (_, i) => ({ data, partitionKey: `key ${i % 100}` }));

/** As short as can be, a key's index and no data: as many as fit the 6 MB of an invocation. */
function emptyRecords(): Buffer {
  return frame(keyEntry('k'), Buffer.concat(Array(700_000).fill(userRecord(0n, ''))));
}

const trail = '{"eventVersion":"1","who":"x"},';
const lineOf = '::1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5\n';

/** Each case in a process of its own; what must become of it. */
export const CASES: Readonly<Record<string, { run: () => Promise<unknown>; gives: unknown }>> = {
  'an aggregate of 100,000 rows': {
    run: () => aggregated(kinesisEvent([aggregateRecord(small(100_000, '{"who":"a","n":1}'))])),
    gives: { rows: 100_000, faults: 0 },
  },
  'an aggregate of 100,000 faults': {
    run: () => aggregated(kinesisEvent([aggregateRecord(small(100_000, '{')), { data: '{}' }])),
    gives: { rows: 1, faults: 100_000 },
  },
  'an aggregate of 700,000 records without data': {
    run: () => aggregated(batch(emptyRecords())),
    gives: { rows: 1, faults: 700_000 },
  },
  'an aggregate of 5 million empty keys': {
    run: () => aggregated(batch(frame(Buffer.concat(Array((MOST - 40) >> 1).fill(field(1, '')))))),
    gives: { rows: 1, faults: 0 },
  },
  'a text of 10 MiB': {
    run: () => aggregated(batch(filled('{"who":"', 'é', '"}').slice(0, MOST >> 1))),
    gives: { rows: 1, faults: 1 },
  },
  'a number of 10 MiB': {
    run: () => aggregated(batch(filled('{"n":', '9', '}'))),
    gives: { rows: 1, faults: 1 },
  },
  'a number of 10 MiB in a text': {
    run: () => aggregated(batch(filled('{"n":"', '9', 'x"}'))),
    gives: { rows: 1, faults: 1 },
  },
  'a fraction of 10 MiB': {
    run: () => aggregated(batch(filled('{"n":0.', '3', '}'))),
    gives: { rows: 1, faults: 1 },
  },
  'escapes of 10 MiB': {
    run: () => aggregated(batch(filled('{"who":"', '\\u0041', '"}'))),
    gives: { rows: 2, faults: 0 },
  },
  '10 million levels': {
    run: () => aggregated(batch(filled('{"who":', '[', ''))),
    gives: { rows: 1, faults: 1 },
  },
  'a million other keys': {
    run: () => aggregated(batch(`{${manyKeys()}"who":"x"}`)),
    gives: { rows: 2, faults: 0 },
  },
  'one key a million times': {
    run: () => aggregated(batch(filled('{', '"who":"x",', '"n":1}'))),
    gives: { rows: 2, faults: 0 },
  },
  'a list of 5 million elements': {
    run: () => aggregated(batch(filled('{"list":[', '1,', '1]}'), '{}'), 'json', '$.list[0:].who'),
    gives: { rows: 0, faults: 1 },
  },
  'a CloudTrail file of 300,000 events': {
    run: () =>
      aggregated(
        batch(filled('{"Records":[', trail, `${trail.slice(0, -1)}]}`), trail.slice(0, -1)),
        'cloudtrail',
      ),
    gives: { rows: 1, faults: 1 },
  },
  'a log of 170,000 lines': {
    run: () => aggregated(batch(filled('', lineOf, ''), lineOf), 'apache'),
    gives: { rows: 1, faults: 1 },
  },
  'a handler that reads 10 MiB as JSON': {
    run: async () => {
      const faults = { store: memoryFaults(), application: 'a', stream: 's' };
      const event = batch(filled('{"a":', '[', ''));
      const { batchItemFailures } = await consume(event, (record) => void record.json(), {
        faults,
      });
      return { batchItemFailures, faults: faults.store.objects.size };
    },
    gives: { batchItemFailures: [], faults: 1 },
  },
  'a packed line of 2 GiB': {
    run: async () => {
      const zeros = Buffer.alloc(1 << 20);
      const packed = Readable.from(Array(2048).fill(zeros)).pipe(createGzip({ level: 1 }));
      try {
        for await (const line of lineStream(packed)) return line.length;
      } catch (error) {
        return (error as Error).message;
      }
      return 'nothing';
    },
    gives: 'line 1 is longer than 64 MiB',
  },
};

function manyKeys(): string {
  return Array.from({ length: 1_000_000 }, (_, i) => `"${i.toString(36)}":1,`).join('');
}
