import type { Clock, Position, StreamRecord, StreamShard, StreamSource } from './types.ts';

export interface MemoryStream extends StreamSource {
  /** Appends one record at the clock's time and gives its sequence number (56 digits). */
  put(shardId: string, data: Uint8Array, partitionKey?: string): string;
  /** Closes `parents` and opens `children` (two of one: a split; one of two: a merge). */
  reshard(parents: readonly string[], children: readonly string[]): void;
  records(shardId: string): readonly StreamRecord[];
}

interface MemoryShard extends StreamShard {
  readonly records: StreamRecord[];
  open: boolean;
}

/** A stream in memory for the simulation and for tests of the mapping. */
export function createMemoryStream(clock: Clock, shardIds: readonly string[]): MemoryStream {
  const shards = new Map<string, MemoryShard>();
  let count = 0n;
  for (const shardId of shardIds) open(shardId, []);
  return {
    listShards: async () =>
      [...shards.values()].map(({ shardId, parents }) => ({ shardId, parents })),
    getRecords: async (shardId, from, limit) => read(get(shardId), from, limit, clock.now()),
    records: (shardId) => get(shardId).records,
    put,
    reshard(parents, children) {
      for (const parent of parents) get(parent).open = false;
      for (const child of children) open(child, parents);
    },
  };

  function open(shardId: string, parents: readonly string[]): void {
    shards.set(shardId, { shardId, parents, records: [], open: true });
  }

  function get(shardId: string): MemoryShard {
    const shard = shards.get(shardId);
    if (shard === undefined) throw new Error(`no shard ${shardId} in this stream`);
    return shard;
  }

  function put(shardId: string, data: Uint8Array, partitionKey = 'key'): string {
    const shard = get(shardId);
    if (!shard.open) throw new Error(`shard ${shardId} is closed`);
    count += 1n;
    // As Kinesis: 56 digits, rising, far apart.
    const sequenceNumber = String(
      49_590_338_271_490_256_608_559_692_538_361_571n * 10n ** 21n + count * 97n,
    );
    shard.records.push({ sequenceNumber, partitionKey, data, arrival: clock.now() });
    return sequenceNumber;
  }
}

function read(shard: MemoryShard, from: Position, limit: number, now: number) {
  const { records } = shard;
  const start = indexOf(records, from);
  const some = records.slice(start, start + limit);
  const end = start + some.length;
  const next: Position | null =
    !shard.open && end >= records.length ? null : { at: 'CURSOR', cursor: String(end) };
  const left = records[end];
  return {
    records: some,
    next,
    behindMs: left === undefined ? 0 : Math.max(1, now - left.arrival),
  };
}

function indexOf(records: readonly StreamRecord[], from: Position): number {
  switch (from.at) {
    case 'TRIM_HORIZON':
      return 0;
    case 'LATEST':
      return records.length;
    case 'CURSOR':
      return Number(from.cursor);
    case 'AT_TIMESTAMP':
      return firstIndex(records, (record) => record.arrival >= from.time);
    case 'AFTER':
      return firstIndex(records, (record) => record.sequenceNumber > from.sequenceNumber);
  }
}

function firstIndex(
  records: readonly StreamRecord[],
  test: (record: StreamRecord) => boolean,
): number {
  const index = records.findIndex(test);
  return index < 0 ? records.length : index;
}
