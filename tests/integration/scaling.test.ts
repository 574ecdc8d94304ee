import { expect, it } from 'vitest';
import { alarmEvents } from '../../events/alarms.ts';
import { generateCloudTrail } from '../../local/generate/cloudtrail.ts';
import { createLedger } from '../../local/ledger.ts';
import type { Invoke } from '../../local/mapping/types.ts';
import type { NewRecord } from '../../local/producer.ts';
import { realClock } from '../../local/real-clock.ts';
import { hashKeyOf } from '../../shared/kpl/hash-key.ts';
import { type ReadRecord, userRecords } from '../../shared/records/event.ts';
import { describe as describeStream, openShards } from '../../shared/resharding/stream.ts';
import { inOrder, isUniform, RING_SIZE, type Shard } from '../../shared/scaling/ring.ts';
import { createKiller, type Kill } from './kills.ts';
import { kplProducer } from './kpl-producer.ts';
import { proveExact } from './proof.ts';
import { type Rig, startRig } from './rig.ts';
import { drained, inTheirShards, type Put } from './runs.ts';
import { type ScalerRig, startScaler } from './scaler.ts';

/** Records of a minute that fill one shard by their number; by their bytes, four fifths do. */
const FULL = 20;
const TIMES = (1_000 * 60) / FULL;
const BATCH = 25;
/** The ring in so many parts, with some keys in each. */
const PARTS = 64;
const HOT_PART = 5;

/**
 * A scaler is killed twice in each of its operations: with the call noted and not made, and with
 * the call made and nothing known of it. Its writes are the lease, the note, and the lease's return.
 */
const STEPS = ['1 to 2', '2 to 4', '4 to 2', 'split', 'merge'];
const KILLS = STEPS.flatMap((step): Kill[] => [
  {
    name: `${step}, before the call`,
    writes: 1,
    due: (name) => name === `${step}, before the call`,
  },
  { name: `${step}, after the call`, writes: 2, due: (name) => name === `${step}, after the call` },
]);

it('a stream goes from 1 to 4 to 2 shards, is split and merged, and nothing is lost', {
  timeout: 600_000,
}, async () => {
  const rig = await startRig({ latenessMs: null }, 1);
  try {
    const rough = await rig.side('rough');
    const scaler = await startScaler(rig, TIMES);
    const killer = createKiller(scaler.runtime, scaler.dynamodbPort, KILLS);
    rig.atEnd(async () => killer.stop());
    const traffic = startTraffic(rig, scaler, rough);
    const alarm = alarmsOf(rig.stream);
    const shards = () => openShards(rig.client, rig.stream);

    /** The scaler is woken while producers write, and killed on its way; then the stream is ACTIVE. */
    const kill = async (name: string, event: object, even: number, hot = 0) => {
      const killed = killer.around(name, () => scaler.invoke(event));
      await Promise.all([traffic.minute(even, hot), expect(killed).rejects.toThrow('SIGKILL')]);
      await active(rig);
    };
    const wake = async (event: object) => (await scaler.invoke(event)).outcome;

    for (let i = 0; i < 2; i++) await traffic.minute(2.6);
    await kill('1 to 2, before the call', alarm.direct, 2.6);
    expect(await shards()).toHaveLength(1);
    await kill('1 to 2, after the call', alarm.throughSns, 2.6);
    expect(await shards()).toHaveLength(2);
    await kill('2 to 4, before the call', alarm.throughSns, 2.6);
    await kill('2 to 4, after the call', alarm.direct, 2.6);
    expect(await wake(alarm.direct)).toBe('held');
    const four = await shards();
    expect([four.length, isUniform(four)]).toEqual([4, true]);

    for (let i = 0; i < 22; i++) await traffic.minute(1);
    await kill('4 to 2, before the call', alarm.direct, 1);
    await kill('4 to 2, after the call', alarm.throughSns, 1);
    expect(await wake(alarm.schedule)).toBe('held');
    const two = await shards();
    expect([two.length, isUniform(two)]).toEqual([2, true]);

    for (let i = 0; i < 3; i++) await traffic.minute(0.3, 1);
    await kill('split, before the call', alarm.direct, 0.3, 1);
    await kill('split, after the call', alarm.throughSns, 0.3, 1);
    expect(await wake(alarm.schedule)).toBe('held');
    const three = inOrder(await shards());
    expect(three).toHaveLength(3);
    // In the midst of what is hot, and not in the middle of the shard.
    expect(Number((three[0]!.range.end * 10_000n) / RING_SIZE) / 10_000).toBeCloseTo(
      (HOT_PART + 0.5) / PARTS,
      2,
    );

    for (let i = 0; i < 14; i++) await traffic.minute(0.3);
    await kill('merge, before the call', alarm.direct, 0.3);
    await kill('merge, after the call', alarm.throughSns, 0.3);
    expect(await wake(alarm.schedule)).toBe('held');
    const end = inOrder(await shards());
    expect(end).toHaveLength(2);
    expect(madeOf(end, three)).toEqual([[], [three[0]!.id, three[1]!.id]]);

    expect(killer.done).toEqual(KILLS.map(({ name }) => name));
    const { puts, events, delivered, sentAgain } = await traffic.stop();
    console.log(`${events.length} events, ${killer.done.length} kills, ${sentAgain} sent again`);
    const accepted = await inTheirShards(rig, delivered);
    await proveExact(rig, rough, { events, puts, accepted });
  } finally {
    await rig.stop();
  }
});

/** Producers and the aggregate function, for as long as the stream is resharded. */
function startTraffic(rig: Rig, scaler: ScalerRig, side: Awaited<ReturnType<Rig['side']>>) {
  const ledger = createLedger();
  const seen = new Map<string, ReadRecord>();
  const puts: Put[] = [];
  const events: NewRecord[] = [];
  const invoke: Invoke = (event, requestId) => {
    for (const record of userRecords(event)) {
      seen.set(`${record.sequenceNumber}.${record.subSequenceNumber}`, record);
    }
    return side.runtime.invoke(event, requestId);
  };
  const mapping = side.map(invoke, BATCH, ledger);
  const producer = kplProducer({
    client: rig.client,
    stream: rig.stream,
    round: FULL,
    taken: (...put) => {
      puts.push(put);
      ledger.putRecord(...put, Date.now());
    },
  });
  const start = Date.now() - 20 * 60_000;
  const made = generateCloudTrail({ seed: 5, start, interval: 500, count: null });
  const keys = keysByPart();
  let turn = 0;
  const next = (partitionKey: string): NewRecord => ({ ...made.next().value!, partitionKey });
  return {
    /** A minute of so many shards' worth of records over all keys, and over the hot ones. */
    async minute(even: number, hot = 0): Promise<void> {
      const written = [
        ...Array.from({ length: Math.round(even * FULL) }, () => {
          // 37 and 64 have no common factor: all parts come, none twice in a row.
          const part = (turn++ * 37) % PARTS;
          return next(keys[part]![turn % keys[part]!.length]!);
        }),
        ...Array.from({ length: Math.round(hot * FULL) }, () =>
          next(keys[HOT_PART]![turn++ % keys[HOT_PART]!.length]!),
        ),
      ];
      events.push(...written);
      await producer.put(written);
      const { waitingSince } = ledger;
      await scaler.minute(written, waitingSince === null ? 0 : Date.now() - waitingSince);
    },
    async stop() {
      await drained(ledger);
      await mapping.stop();
      return { puts, events, delivered: [...seen.values()], sentAgain: producer.sentAgain() };
    },
  };
}

/** Sixteen keys for each part of the ring. */
function keysByPart(): string[][] {
  const parts = Array.from({ length: PARTS }, (): string[] => []);
  for (let i = 0; parts.some(({ length }) => length < 16); i++) {
    const key = `key-${i}`;
    parts[Number((hashKeyOf(key) * BigInt(PARTS)) / RING_SIZE)]!.push(key);
  }
  return parts.map((keys) => keys.slice(0, 16));
}

function alarmsOf(stream: string) {
  const text = JSON.stringify(alarmEvents(Date.now()));
  const events = JSON.parse(text.replaceAll('sluice-dev-cloudtrail', stream));
  return {
    direct: events.alarm as object,
    throughSns: events['alarm-through-sns'] as object,
    schedule: events.schedule as object,
  };
}

/** Of each shard, sorted by how many: those of before that went into it. */
function madeOf(shards: readonly Shard[], before: readonly Shard[]): string[][] {
  const all = shards.map(({ parents }) =>
    before.flatMap(({ id }) => (parents.includes(id) ? id : [])),
  );
  return all.sort((a, b) => a.length - b.length);
}

async function active({ client, stream }: Rig): Promise<void> {
  while (!(await describeStream(client, stream)).isActive) await realClock.sleep(50);
}
