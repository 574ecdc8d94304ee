import { createLedger, type Ledger } from '../../local/ledger.ts';
import type { Invoke } from '../../local/mapping/types.ts';
import type { NewRecord } from '../../local/producer.ts';
import { realClock } from '../../local/real-clock.ts';
import { listShards } from '../../shared/producer/list-shards.ts';
import { type ReadRecord, userRecords } from '../../shared/records/event.ts';
import { hashOf, isIn } from '../simulation/producer.ts';
import { disturb, shardOf } from './disturb.ts';
import { createKiller, type Kill } from './kills.ts';
import { kplProducer } from './kpl-producer.ts';
import { merge, rangeOf, split } from './reshard.ts';
import type { Rig, Side } from './rig.ts';

/** A Kinesis record that the stream has taken: user records in it, shard, sequence number. */
export type Put = readonly [users: number, shardId: string, sequenceNumber: string];

export interface RoughRun {
  /** All that has been put. */
  readonly puts: readonly Put[];
  /** User records as they were delivered, without those that lay in a shard they do not belong to. */
  readonly accepted: readonly ReadRecord[];
  /** Names of the kills that have hit. */
  readonly kills: readonly string[];
  /** User records sent again after a reshard. */
  readonly sentAgain: number;
  /** How often a batch came, and with which trouble. */
  readonly trouble: Readonly<Record<string, number>>;
}

const BATCH = 12;
/** The events are put in so many rounds, and the consumer is left behind by some of them. */
const ROUNDS = 80;
const ROUNDS_BEHIND = 8;
const STUCK_MS = 60_000;

/** The stream begins with shards 0 and 1; 0 is split into 2 and 3, then 3 and its neighbour 1 are merged into 4. */
const shard = (number: number): string => `shardId-${String(number).padStart(12, '0')}`;
const PARENTS = new Map([
  [shard(2), [shard(0)]],
  [shard(3), [shard(0)]],
  [shard(4), [shard(1), shard(3)]],
]);

/** What has happened to the stream so far. */
interface Progress {
  resharded: number;
  /** No invoke begins before it resolves. */
  pause: Promise<void>;
  readonly ledger: Ledger;
}

/**
 * Puts the events while the function works on them, with a split after a third and a merge after
 * two; delivers with every kind of trouble, and kills the function five times. Ends when all is done.
 */
export async function roughRun(
  rig: Rig,
  side: Side,
  events: readonly NewRecord[],
): Promise<RoughRun> {
  const { client, stream } = rig;
  const progress: Progress = { resharded: 0, pause: Promise.resolve(), ledger: createLedger() };
  const puts: Put[] = [];
  const seen = new Map<string, ReadRecord>();
  const trouble = { invokes: 0, halves: 0, older: 0, repeats: 0, overlaps: 0 };
  const killer = createKiller(side.runtime, rig.dynamodbPort, killsIn(progress));
  const disturbed = disturb(side.runtime.invoke, trouble);
  const invoke: Invoke = async (event, requestId) => {
    await progress.pause;
    for (const record of userRecords(event)) {
      seen.set(`${record.sequenceNumber}.${record.subSequenceNumber}`, record);
    }
    return killer.around(shardOf(event), () => disturbed(event, requestId));
  };
  const mapping = side.map(invoke, BATCH, progress.ledger);
  const producer = kplProducer({
    ...{ client, stream, round: roundOf(events) },
    taken: (...put) => {
      puts.push(put);
      progress.ledger.putRecord(...put, Date.now());
    },
  });
  try {
    await putAndReshard(rig, producer.put, events, progress);
    await drained(progress.ledger);
    await mapping.stop();
  } finally {
    killer.stop();
  }
  const delivered = [...seen.values()];
  checkOrder(delivered);
  const accepted = await inTheirShards(rig, delivered);
  return { puts, accepted, kills: killer.done, sentAgain: producer.sentAgain(), trouble };
}

/** Without user records in a shard that they do not belong to: the KPL has sent them again. */
export async function inTheirShards(
  { client, stream }: Rig,
  delivered: readonly ReadRecord[],
): Promise<ReadRecord[]> {
  const ranges = new Map((await listShards(client, stream)).map((s) => [s.ShardId, rangeOf(s)]));
  return delivered.filter(
    (record) => !record.aggregated || isIn(ranges.get(record.shardId)!, hashOf(record)),
  );
}

/** Reads the stream from its start by a mapping that knows nothing of another, and without trouble. */
export async function readWhole(
  side: Side,
  puts: readonly Put[],
  batchSize: number,
): Promise<void> {
  const ledger = createLedger();
  for (const put of puts) ledger.putRecord(...put, Date.now());
  const mapping = side.map(side.runtime.invoke, batchSize, ledger);
  await drained(ledger);
  await mapping.stop();
}

function killsIn(progress: Progress): Kill[] {
  const during = (resharded: number, shards: readonly string[]) => (shardId: string) =>
    progress.resharded === resharded && shards.includes(shardId);
  return [
    { name: 'in peace', writes: 30, due: during(0, [shard(0), shard(1)]) },
    { name: 'on the shard that was split', writes: 5, due: during(1, [shard(0)]) },
    { name: 'on a half of it', writes: 40, due: (shardId) => shardId === shard(2) },
    { name: 'on a shard that was merged', writes: 10, due: during(2, [shard(1), shard(3)]) },
    { name: 'on the merged one', writes: 20, due: (shardId) => shardId === shard(4) },
  ];
}

async function putAndReshard(
  { client, stream }: Rig,
  put: (events: readonly NewRecord[], room?: () => Promise<void>) => Promise<void>,
  events: readonly NewRecord[],
  progress: Progress,
): Promise<void> {
  const { ledger } = progress;
  const behind = ROUNDS_BEHIND * roundOf(events);
  const third = Math.ceil(events.length / 3);
  const room = async () => {
    while (ledger.put - ledger.applied > behind) await realClock.sleep(20);
  };
  /** The shards that end have records waiting: none of the last rounds is delivered before. */
  const putAnd = async (part: readonly NewRecord[], reshard: () => Promise<void>) => {
    await put(part.slice(0, -behind), room);
    const { promise, resolve } = Promise.withResolvers<void>();
    progress.pause = promise;
    await put(part.slice(-behind));
    await reshard();
    progress.resharded += 1;
    resolve();
  };
  await putAnd(events.slice(0, third), () => split(client, stream, shard(0)));
  await putAnd(events.slice(third, 2 * third), () => merge(client, stream, [shard(3), shard(1)]));
  await put(events.slice(2 * third), room);
}

function roundOf(events: readonly NewRecord[]): number {
  return Math.ceil(events.length / ROUNDS);
}

/** Waits until all that was put is done. Rejects when for a minute nothing more gets done. */
export async function drained(ledger: Ledger): Promise<void> {
  let applied = -1;
  let since = 0;
  while (ledger.waitingSince !== null) {
    if (ledger.applied > applied) {
      applied = ledger.applied;
      since = Date.now();
    } else if (Date.now() - since > STUCK_MS) {
      throw new Error(`the function is stuck: ${applied} of ${ledger.put} user records are done`);
    }
    await realClock.sleep(50);
  }
}

/** A parent's records were all delivered before the first of its children. */
function checkOrder(delivered: readonly ReadRecord[]): void {
  const begun = new Set<string>();
  for (const { shardId } of delivered) {
    begun.add(shardId);
    for (const [child, parents] of PARENTS) {
      if (begun.has(child) && parents.includes(shardId)) {
        throw new Error(`a record of ${shardId} came after the first of its child ${child}`);
      }
    }
  }
}
