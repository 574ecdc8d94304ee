import type { KinesisClient } from '@aws-sdk/client-kinesis';
import type { NewRecord } from '../../local/producer.ts';
import { putRecords } from '../../local/put-records.ts';
import { realClock } from '../../local/real-clock.ts';
import { listShards } from '../../local/source.ts';
import { type EncodedRecord, encodeAggregate } from '../../shared/kpl/encode.ts';
import { hashOf, isIn } from '../simulation/producer.ts';
import { rangeOf } from './reshard.ts';

export interface ProducerOptions {
  readonly client: KinesisClient;
  readonly stream: string;
  /** Events that are put together. */
  readonly round: number;
  /** Hears of each Kinesis record that the stream has taken. */
  readonly taken: (events: number, shardId: string, sequenceNumber: string) => void;
}

export interface Producer {
  /** Puts the events round by round, each when there is `room` for it. */
  readonly put: (events: readonly NewRecord[], room?: () => Promise<void>) => Promise<void>;
  /** User records sent again because they had reached a shard that they do not belong to. */
  readonly sentAgain: () => number;
}

/** A Kinesis record to be, the user records inside it, and the shard it should reach. */
interface Packed extends EncodedRecord {
  readonly users: readonly NewRecord[];
  readonly foretold: string;
}

/** About 30 events of CloudTrail. The KPL's own AggregationMaxSize. */
const AGGREGATE_BYTES = 51_200;
/** Every so many events one comes as a record of its own. */
const PLAIN_EVERY = 40;
/** Rounds that go by the old shards after the first record has reached one that was not foretold. */
const STALE_ROUNDS = 2;

/**
 * A producer like the KPL: it foretells each user record's shard, packs those of one shard
 * together, goes by its old map for a while after a reshard, and sends again what reached a shard
 * that it does not belong to.
 */
export async function kplProducer(options: ProducerOptions): Promise<Producer> {
  const { client, stream } = options;
  const target = { client, stream, clock: realClock, signal: new AbortController().signal };
  let shards = await openShards();
  let staleRounds = 0;
  let misplaced: NewRecord[] = [];
  let sentAgain = 0;
  return { put, sentAgain: () => sentAgain };

  async function put(events: readonly NewRecord[], room = async () => {}): Promise<void> {
    for (let at = 0; at < events.length || misplaced.length > 0; at += options.round) {
      await room();
      if (staleRounds > 0 && --staleRounds === 0) shards = await openShards();
      const users = [...misplaced, ...events.slice(at, at + options.round)];
      misplaced = [];
      await putRound(users);
    }
  }

  async function putRound(users: readonly NewRecord[]): Promise<void> {
    const elsewhere: { record: Packed; shardId: string }[] = [];
    await putRecords(target, pack(users), (record, shardId, sequenceNumber) => {
      options.taken(record.users.length, shardId, sequenceNumber);
      if (shardId !== record.foretold) elsewhere.push({ record, shardId });
    });
    if (elsewhere.length === 0) return;
    if (staleRounds === 0) staleRounds = STALE_ROUNDS;
    const ranges = new Map((await listShards(client, stream)).map((s) => [s.ShardId, rangeOf(s)]));
    for (const { record, shardId } of elsewhere) {
      const range = ranges.get(shardId)!;
      if (record.users.length > 1) {
        misplaced.push(...record.users.filter((user) => !isIn(range, hashOf(user))));
      }
    }
    sentAgain += misplaced.length;
  }

  function pack(users: readonly NewRecord[]): Packed[] {
    const packed: Packed[] = [];
    const open = new Map<string, { users: NewRecord[]; bytes: number }>();
    const close = (foretold: string, group: readonly NewRecord[]): void => {
      packed.push({ ...encodeAggregate(group), users: group, foretold });
    };
    for (const [index, user] of users.entries()) {
      const hash = hashOf(user);
      const foretold = shards.find(({ range }) => isIn(range, hash))!.shardId;
      if (user.alone === true || index % PLAIN_EVERY === 0) {
        close(foretold, [user]);
        continue;
      }
      const group = open.get(foretold) ?? { users: [], bytes: 0 };
      if (group.bytes + user.data.length > AGGREGATE_BYTES) {
        close(foretold, group.users.splice(0));
        group.bytes = 0;
      }
      group.users.push(user);
      group.bytes += user.data.length;
      open.set(foretold, group);
    }
    for (const [foretold, group] of open) close(foretold, group.users);
    return packed;
  }

  async function openShards() {
    return (await listShards(client, stream))
      .filter((shard) => shard.SequenceNumberRange?.EndingSequenceNumber === undefined)
      .map((shard) => ({ shardId: shard.ShardId!, range: rangeOf(shard) }));
  }
}
