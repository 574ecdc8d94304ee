import { createHash } from 'node:crypto';
import type { FaultReason } from '../records/types.ts';

/** One reason why (a part of) a record was set aside. */
export interface Fault {
  /** The user record inside the Kinesis record; 0 where it is not aggregated. */
  readonly subSequenceNumber: number;
  readonly reason: FaultReason;
  readonly message: string;
  /** The pump that could not take it; absent where the record itself is at fault. */
  readonly pump?: string;
}

/** All that is set aside of one Kinesis record, with what it takes to process it again. */
export interface FaultyRecord {
  readonly application: string;
  readonly stream: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  readonly partitionKey: string;
  /** ISO 8601. */
  readonly arrival: string;
  readonly faults: readonly Fault[];
  /** Set where not the record is at fault, but a result of this pump cannot hold its part. */
  readonly result?: { readonly pump: string; readonly window: string; readonly key: string };
  /** The record's data as it came, base64. */
  readonly data: string;
}

/** Where faults are kept. Setting the same record aside twice leaves one object. */
export interface FaultStore {
  readonly put: (record: FaultyRecord) => Promise<void>;
}

/** Names application, shard and sequence number, and the result if it is one's: the same for every try. */
export function faultKey({ application, shardId, sequenceNumber, result }: FaultyRecord): string {
  const name = result === undefined ? sequenceNumber : `${sequenceNumber}.${digest(result)}`;
  return `faults/${application}/${shardId}/${name}.json`;
}

/** Names and keys may be longer than a file's name. */
function digest(result: object): string {
  return createHash('sha256').update(JSON.stringify(result)).digest('hex').slice(0, 16);
}
