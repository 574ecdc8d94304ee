import { createHash } from 'node:crypto';
import { type EncodedRecord, encodeAggregate } from '../../shared/kpl/encode.ts';
import { type HashKeyRange, MAX_HASH_KEY } from '../../shared/kpl/hash-key.ts';
import { frame, keyEntry, userRecord } from '../kpl/protobuf.ts';
import { createEvent, type UserEvent } from './events.ts';
import type { Fault } from './faults.ts';
import type { Random } from './random.ts';

export interface Shard {
  readonly shardId: string;
  readonly range: HashKeyRange;
  readonly parents: readonly string[];
}

/** What a record holds, as its producer knows it. */
export interface Content {
  readonly aggregated: boolean;
  readonly users: readonly UserEvent[];
  /** The record came to harm as a whole. */
  readonly harm: 'DAMAGED_AGGREGATE' | 'BAD_BASE64' | null;
}

export type Action =
  | {
      readonly kind: 'put';
      readonly time: number;
      readonly shardId: string;
      readonly data: Buffer;
      readonly partitionKey: string;
      readonly content: Content;
    }
  | {
      readonly kind: 'reshard';
      readonly time: number;
      readonly parents: readonly string[];
      readonly children: readonly Shard[];
    };

/** All that happens to the stream, whatever its consumers do. */
export interface Script {
  readonly shards: readonly Shard[];
  /** One list per part; between the parts hours or days pass. */
  readonly parts: readonly (readonly Action[])[];
}

export const MOST_SHARDS = 7;

/** A producer like the KPL, which has its own idea of the shards, and the reshards around it. */
export function writeScript(
  random: Random,
  faults: ReadonlySet<Fault>,
  starts: readonly number[],
): Script {
  const count = random.whole(1, 3);
  const bounds = Array.from(
    { length: count + 1 },
    (_, i) => (MAX_HASH_KEY * BigInt(i)) / BigInt(count),
  );
  const shards = Array.from({ length: count }, (_, i): Shard => {
    const start = i === 0 ? 0n : bounds[i]! + 1n;
    return { shardId: shardName(i), range: { start, end: bounds[i + 1]! }, parents: [] };
  });
  const producer = {
    open: shards,
    known: shards,
    made: count,
    stale: 0,
    unsent: [] as UserEvent[],
  };
  const parts = starts.map((start, part) => {
    const steps = part === 0 ? random.whole(15, 30) : random.whole(6, 12);
    const actions: Action[] = [];
    let time = start;
    for (let step = 0; step < steps || producer.unsent.length > 0; step++) {
      time += random.chance(0.3) ? random.whole(0, 100) : random.whole(500, 10_000);
      if (step < steps && random.chance(0.12))
        actions.push(...reshard(producer, random, faults, time));
      actions.push(...put(producer, random, faults, time));
    }
    return actions;
  });
  return { shards, parts };
}

interface Producer {
  open: readonly Shard[];
  known: readonly Shard[];
  /** Shards made so far. */
  made: number;
  /** Puts until the producer looks at the shards again. */
  stale: number;
  /** What went to the wrong shard. */
  unsent: UserEvent[];
}

export function shardName(index: number): string {
  return `shardId-${String(index).padStart(12, '0')}`;
}

function reshard(
  producer: Producer,
  random: Random,
  faults: ReadonlySet<Fault>,
  time: number,
): Action[] {
  const { open } = producer;
  const make = (range: HashKeyRange, parents: readonly Shard[]): Shard => ({
    shardId: shardName(producer.made++),
    range,
    parents: parents.map(({ shardId }) => shardId),
  });
  let parents: readonly Shard[];
  let children: Shard[];
  if (faults.has('merge') && open.length > 1 && (!faults.has('split') || random.chance(0.5))) {
    const at = random.whole(0, open.length - 2);
    parents = open.slice(at, at + 2);
    children = [make({ start: parents[0]!.range.start, end: parents[1]!.range.end }, parents)];
  } else if (faults.has('split') && producer.made < MOST_SHARDS) {
    const parent = random.pick(open);
    parents = [parent];
    const { start, end } = parent.range;
    const middle = start + (end - start) / 2n;
    children = [make({ start, end: middle }, parents), make({ start: middle + 1n, end }, parents)];
  } else return [];
  producer.open = open.flatMap((shard) =>
    shard === parents[0] ? children : parents.includes(shard) ? [] : [shard],
  );
  if (faults.has('re-sent')) producer.stale = random.whole(1, 4);
  else producer.known = producer.open;
  return [{ kind: 'reshard', time, parents: parents.map(({ shardId }) => shardId), children }];
}

function put(
  producer: Producer,
  random: Random,
  faults: ReadonlySet<Fault>,
  time: number,
): Action[] {
  if (producer.stale > 0 && --producer.stale === 0) producer.known = producer.open;
  const plain = random.chance(0.3);
  const fresh = Array.from({ length: plain ? 1 : random.whole(1, 8) }, () =>
    createEvent(random, faults, time),
  );
  const events = plain ? fresh : [...producer.unsent.splice(0), ...fresh];
  const groups = new Map<Shard, UserEvent[]>();
  for (const event of events) {
    const shard = shardFor(producer.known, hashOf(event));
    groups.set(shard, [...(groups.get(shard) ?? []), event]);
  }
  return [...groups.values()].flatMap((users) => {
    const encoded = encodeAggregate(users);
    const shard = shardFor(producer.open, hashOf(encoded));
    const aggregated = users.length > 1;
    if (aggregated) {
      // The KPL sees where its record went, and sends again what should have gone elsewhere.
      producer.unsent.push(...users.filter((user) => !isIn(shard.range, hashOf(user))));
    }
    const whole = { aggregated, users, harm: null };
    const { data, content } = harmed(random, faults, { data: encoded.data, content: whole });
    const { partitionKey } = encoded;
    const action = {
      kind: 'put',
      time,
      shardId: shard.shardId,
      data,
      partitionKey,
      content,
    } as const;
    return faults.has('duplicate') && random.chance(0.1) ? [action, action] : [action];
  });
}

interface Written {
  readonly data: Buffer;
  readonly content: Content;
}

function harmed(random: Random, faults: ReadonlySet<Fault>, written: Written): Written {
  const { data, content } = written;
  if (faults.has('bad-data') && random.chance(0.03)) {
    return { data, content: { ...content, harm: 'BAD_BASE64' } };
  }
  if (!content.aggregated || !faults.has('damaged') || !random.chance(0.12)) return written;
  const harm = { ...content, harm: 'DAMAGED_AGGREGATE' as const };
  if (random.chance(0.25)) {
    // Sound to the MD5, but its second user record names a key that is not there.
    const users = [userRecord(0n, '{"n":1}'), userRecord(7n, '{"n":2}')];
    return { data: frame(keyEntry('key-1'), ...users), content: harm };
  }
  const changed = Buffer.from(data);
  const at = random.whole(4, data.length - 1);
  changed[at] = changed[at]! ^ (1 << random.whole(0, 7));
  return { data: changed, content: harm };
}

/** Computed here on its own: the filter under test has its own code. */
export function hashOf(record: Pick<EncodedRecord, 'partitionKey' | 'explicitHashKey'>): bigint {
  if (record.explicitHashKey !== undefined) return BigInt(record.explicitHashKey);
  return BigInt(`0x${createHash('md5').update(record.partitionKey).digest('hex')}`);
}

function shardFor(shards: readonly Shard[], hash: bigint): Shard {
  return shards.find(({ range }) => isIn(range, hash))!;
}

export function isIn({ start, end }: HashKeyRange, hash: bigint): boolean {
  return hash >= start && hash <= end;
}
