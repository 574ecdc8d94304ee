import type { HashKeyRange } from '../../../shared/kpl/hash-key.ts';
import type { UserEvent } from '../events.ts';
import type { Model } from '../model.ts';
import { type Content, hashOf, isIn } from '../producer.ts';
import { Broken } from '../violation.ts';

/** A user record as a handler is to get it, as its producer knows it. */
export interface UserRecord {
  readonly shardId: string;
  /** Position of its Kinesis record in the shard. */
  readonly index: number;
  readonly sub: number;
  readonly partitionKey: string;
  /** What it tells; null: its data came to harm. */
  readonly event: UserEvent | null;
  readonly scope: Scope;
  /** Which one of its scope, from 0; null: it belongs to another shard, and no handler gets it. */
  readonly place: number | null;
}

/** Records that are to be handled one after the other. */
interface Scope {
  records: number;
  /** So many of them are over; they are its first ones. */
  over: number;
}

/** All user records of the stream, and which of them a handler has got over. */
export interface UserRecords {
  readonly put: Model['put'];
  /** Those of a Kinesis record. */
  readonly of: (shardId: string, sequenceNumber: string) => readonly UserRecord[];
  /** It was handled, or refused for good. Throws Broken if one before it in its scope was not yet. */
  readonly over: (record: UserRecord) => void;
  /** Throws Broken unless all are over. */
  readonly check: () => void;
}

/** The partition key of every aggregate that the KPL makes. */
const AGGREGATE_KEY = 'a';

/** `isFiltered`: what the KPL puts into the wrong shard is left out. */
export function createUserRecords(
  order: 'shard' | 'partition-key',
  isFiltered: boolean,
): UserRecords {
  const records = new Map<string, readonly UserRecord[]>();
  const lengths = new Map<string, number>();
  const scopes = new Map<string, Scope>();
  const scopeOf = (shardId: string, partitionKey: string): Scope => {
    const name = order === 'shard' ? shardId : `${shardId} ${partitionKey}`;
    const known = scopes.get(name) ?? { records: 0, over: 0 };
    scopes.set(name, known);
    return known;
  };
  return {
    put: ({ shardId, range }, sequenceNumber, _, content) => {
      const index = lengths.get(shardId) ?? 0;
      lengths.set(shardId, index + 1);
      const users = usersOf(content).map(({ partitionKey, event }, sub): UserRecord => {
        const scope = scopeOf(shardId, partitionKey);
        const isOut = isFiltered && content.aggregated && !isOf(range, event);
        const place = isOut ? null : scope.records++;
        return { shardId, index, sub, partitionKey, event, scope, place };
      });
      records.set(`${shardId}:${sequenceNumber}`, users);
    },
    of: (shardId, sequenceNumber) => records.get(`${shardId}:${sequenceNumber}`)!,
    over: (record) => {
      const { scope, place } = record;
      if (place === null || place < scope.over) return;
      if (place > scope.over) {
        const message = 'it was over before another that comes before it in its scope';
        throw new Broken({ invariant: 'scopes', message, item: nameOf(record) });
      }
      scope.over++;
    },
    check: () => {
      for (const record of [...records.values()].flat()) {
        if (record.place === null || record.place < record.scope.over) continue;
        const message = 'it was never handled to its end';
        throw new Broken({ invariant: 'handled', message, item: nameOf(record) });
      }
    },
  };
}

/** What came to harm cannot be taken apart: it has no keys of its own. */
function isOf(range: HashKeyRange, event: UserEvent | null): boolean {
  return event === null || isIn(range, hashOf(event));
}

/** A record whose data came to harm is one user record. */
function usersOf({ aggregated, users, harm }: Content) {
  if (harm === null) return users.map((event) => ({ partitionKey: event.partitionKey, event }));
  return [{ partitionKey: aggregated ? AGGREGATE_KEY : users[0]!.partitionKey, event: null }];
}

/** For people. */
export function nameOf({ shardId, index, sub, partitionKey }: UserRecord): string {
  return `${shardId} record ${index}.${sub} with the key ${partitionKey}`;
}
