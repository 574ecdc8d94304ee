import { DescribeStreamSummaryCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import type { HashKeyRange } from '../kpl/hash-key.ts';
import { retry } from './back-off.ts';
import { requestFailure } from './failures.ts';
import { listShards } from './list-shards.ts';
import { createShardMap, type ShardMap } from './shard-map.ts';
import { streamAddress } from './stream-address.ts';

/** What the producer knows of its stream. */
export interface Shards {
  /** The latest map; null before the first look-up. */
  readonly map: ShardMap | null;
  /** Looks up anew; calls at the same time share one look-up. Rejects when it fails for good, or for too long. */
  refresh(): Promise<ShardMap>;
  /** The range of a shard that a record has landed in, looked up anew if it is not known. Rejects as refresh. */
  rangeOf(shardId: string): Promise<HashKeyRange>;
  /** Bytes of the greatest record that the stream takes. */
  recordBytes(): Promise<number>;
}

export interface LookUpOptions {
  readonly client: KinesisClient;
  readonly stream: string;
  /** How long to go on trying. */
  readonly patienceMs: number;
  readonly signal: AbortSignal;
  readonly onLookUp: () => void;
}

/** https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const DEFAULT_RECORD_BYTES = 1024 * 1024;

export function createShards(options: LookUpOptions): Shards {
  const { client, stream, patienceMs, signal } = options;
  let map: ShardMap | null = null;
  let underWay: Promise<ShardMap> | null = null;

  /** A new shard may be missing from the list for a moment after records have landed in it. */
  async function list(wanted: string | null): Promise<ShardMap> {
    options.onLookUp();
    const found = createShardMap(await listShards(client, stream));
    if (found === null) throw new Error(`the open shards of ${stream} leave hash keys out`);
    if (wanted !== null && found.range(wanted) === undefined) {
      throw new Error(`stream ${stream} does not list shard ${wanted}`);
    }
    map = found;
    return found;
  }

  function lookUp(wanted: string | null): Promise<ShardMap> {
    underWay ??= retry(() => list(wanted), patienceMs, signal).finally(() => {
      underWay = null;
    });
    return underWay;
  }

  return {
    get map() {
      return map;
    },
    refresh: () => lookUp(null),
    async rangeOf(shardId) {
      for (;;) {
        const range = map?.range(shardId);
        if (range !== undefined) return range;
        await lookUp(shardId);
      }
    },
    async recordBytes() {
      const describe = new DescribeStreamSummaryCommand(streamAddress(stream));
      try {
        const answer = await retry(() => client.send(describe), patienceMs, signal);
        const kib = answer.StreamDescriptionSummary?.MaxRecordSizeInKiB;
        return kib === undefined ? DEFAULT_RECORD_BYTES : kib * 1024;
      } catch (error) {
        // Without kinesis:DescribeStreamSummary: what every stream takes.
        if (requestFailure(error).kind !== 'again') return DEFAULT_RECORD_BYTES;
        throw error;
      }
    },
  };
}
