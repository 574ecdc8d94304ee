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
  /** Which row of the user record that pump could not take, where it gives several; 0 is left out. */
  readonly row?: number;
}

/** By whom a record was refused: what decides later which results still lack it. */
export interface Refuser {
  /** Of its rules (shared/results/epochs.ts). */
  readonly version: string;
  readonly latenessMs: number | null;
  /** The names under which the results lie that it would have been part of, with their generation. */
  readonly results: readonly string[];
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
  /** Absent where a handler refused it that has no results of its own. */
  readonly refuser?: Refuser;
  /** Set where not the record is at fault, but a result of this pump cannot hold its part. */
  readonly result?: { readonly pump: string; readonly window: string; readonly key: string };
  /** The last redrive, where it left something undone. */
  readonly tried?: { readonly at: string; readonly why: Readonly<Record<string, string>> };
  /** The record's data as it came, base64. */
  readonly data: string;
}

/** Where faults are kept. Setting the same record aside twice leaves one object. */
export interface FaultStore {
  readonly put: (record: FaultyRecord) => Promise<void>;
}

/**
 * Names application, shard and sequence number, the version of the rules that refused it, and the
 * result if it is one's: the same for every try.
 */
export function faultKey(record: FaultyRecord): string {
  const { application, shardId, sequenceNumber, refuser, result } = record;
  const version = refuser === undefined ? '' : `.${refuser.version}`;
  const name = `${sequenceNumber}${version}${result === undefined ? '' : `.${digest(result)}`}`;
  return `faults/${application}/${shardId}/${name}.json`;
}

/** Names and keys may be longer than a file's name. */
function digest(result: object): string {
  return createHash('sha256').update(JSON.stringify(result)).digest('hex').slice(0, 16);
}
