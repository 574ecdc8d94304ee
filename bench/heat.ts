import { once } from 'node:events';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { createDispatcher } from '../functions/aggregate/dispatch.ts';
import { createHeatKeeper, EVERY_MS } from '../functions/aggregate/heat/keeper.ts';
import { dynamodbClient } from '../local/clients.ts';
import type { StreamEvent } from '../shared/consume/consume.ts';
import { MAX_HASH_KEY } from '../shared/kpl/hash-key.ts';
import { dynamoStore } from '../shared/results/dynamodb.ts';
import type { Store } from '../shared/results/store.ts';
import { arrange } from '../shared/sql/engine/graph.ts';
import { aggregatedClicks, type BatchEvent, clicks } from './batches.ts';
import { applicationOf } from './consumer.ts';
import { type BenchTable, formatTable, median, rounded } from './table.ts';

/** The first two are not counted. Small batches take more: what is asked for is 2 ms of a minute. */
const ROUNDS = { few: 20, many: 62 };
/** A minute of a shard, one batch a second. */
const BATCHES = 60;

interface Case {
  readonly name: string;
  /** One second of the shard. */
  readonly event: BatchEvent;
  readonly rounds: number;
}

/**
 * What keeping heat adds to the whole handler, over a minute of a shard with its writes:
 * the time of its thread with all calls of the SDK, without what it waits for DynamoDB.
 */
export async function benchHeat(): Promise<BenchTable> {
  const cases: Case[] = [
    { name: '1,000 records of 171 B', event: clicks(1_000), rounds: ROUNDS.many },
    { name: '100 records of 171 B', event: clicks(100), rounds: ROUNDS.many },
    { name: '5,000 user records, KPL', event: aggregatedClicks(5_000), rounds: ROUNDS.few },
  ];
  const workerData = ['bench-results', 'bench-state'];
  const worker = new Worker(new URL('./dynamodb-worker.ts', import.meta.url), { workerData });
  const [endpoint] = await once(worker, 'message');
  const client = dynamodbClient(endpoint);
  const store = dynamoStore(client);
  const rows: (string | number)[][] = [];
  for (const { name, event, rounds } of cases) {
    const cpu = { without: [] as number[], more: [] as number[] };
    for (let round = 0; round < rounds; round++) {
      // In turn, as what comes second finds a warmer thread and a fuller heap.
      const isFirst = round % 2 === 0;
      const one = await cpuOf(event, store, isFirst);
      const other = await cpuOf(event, store, !isFirst);
      const [kept, without] = isFirst ? [one, other] : [other, one];
      if (round < 2) continue;
      cpu.without.push(without);
      cpu.more.push(kept - without);
    }
    const [without, more] = [median(cpu.without), median(cpu.more)];
    const each = (us: number): number => rounded(us / BATCHES);
    rows.push([name, each(without), each(more), `${((more / without) * 100).toFixed(1)} %`]);
  }
  client.destroy();
  await worker.terminate();
  return {
    title: 'Heat from the consumer, µs of CPU per batch',
    columns: ['a second of a shard', 'handler', 'heat', 'heat : handler (aim 3 %)'],
    rows,
    note: `One batch a second, heat written every ${EVERY_MS / 1_000} s, to an emulated DynamoDB.`,
  };
}

/** Nobody's garbage counts for the next one. */
setFlagsFromString('--expose-gc');
const collectGarbage: () => void = runInNewContext('gc');

let minutes = 0;

/** µs of CPU for a minute that no table has seen. */
async function cpuOf(event: BatchEvent, store: Store, isKept: boolean): Promise<number> {
  const minute = minutes++;
  const events = Array.from({ length: BATCHES }, (_, i) => moved(event, minute * BATCHES + i));
  const sample = applicationOf('action', 'amount');
  const output = { table: 'results', keepMs: null, spread: 4 };
  const application = { ...sample, outputs: { OUT: output } };
  let time = Date.UTC(2026, 4, 2) + minute * 60_000;
  const heat = createHeatKeeper({
    ...{ store, stateTable: 'bench-state', stream: 'bench', application: 'bench' },
    ranges: async () => ({ start: 0n, end: MAX_HASH_KEY }),
    now: () => time,
  });
  const graph = arrange(application.plan);
  const consume = createDispatcher(
    { application, graph, tables: { prefix: 'bench-', state: 'bench-state' }, store },
    {
      faults: { put: async () => {} },
      ranges: null,
      generation: async () => '',
      reread: async function* () {},
      heat: isKept ? heat : null,
    },
  );
  const { log } = console;
  console.log = () => {};
  collectGarbage();
  const before = process.threadCpuUsage();
  for (const one of events) {
    await consume(one);
    time += 1_000;
  }
  const { user, system } = process.threadCpuUsage(before);
  console.log = log;
  return user + system;
}

/** The batch as it comes `count` seconds later. */
function moved({ Records }: BatchEvent, count: number): StreamEvent {
  const records = Records.map(({ eventID, kinesis }) => {
    const sequenceNumber = String(BigInt(kinesis.sequenceNumber) + BigInt(count) * 1_000_000n);
    return {
      eventID: `${eventID.split(':')[0]}:${sequenceNumber}`,
      kinesis: {
        ...kinesis,
        sequenceNumber,
        approximateArrivalTimestamp: kinesis.approximateArrivalTimestamp + count,
      },
    };
  });
  return { Records: records };
}

if (import.meta.main) console.log(formatTable(await benchHeat()));
