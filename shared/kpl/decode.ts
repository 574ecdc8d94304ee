import { hash } from 'node:crypto';
import { type Aggregate, INTS_PER_RECORD } from './aggregate.ts';
import * as format from './format.ts';
import { type Cursor, readEnd, readTag, readVarint, skipField, WireError } from './wire.ts';

/** It begins like an aggregate and is none: to be taken as the raw record it also is. */
export interface Damage {
  readonly kind: 'damaged';
  readonly reason: DamageReason;
  /** What is wrong and where, without any of the data. */
  readonly message: string;
}

export type DamageReason =
  | 'MD5' // changed on the way, or a plain record that begins with the magic by accident
  | 'STRUCTURE' // no protobuf message
  | 'MISSING_FIELD' // a user record without partition key or data, a tag without key
  | 'INDEX'; // a user record naming a key that its table lacks

const FRAME_BYTES = format.MAGIC.length + format.MD5_BYTES;
const MAGIC_WORD = format.MAGIC.readUInt32BE();

/**
 * Tells from the first characters of a record's base64 whether it is worth decoding as an
 * aggregate: 'false' is certain, 'true' is for decodeAggregate to decide.
 */
export function looksAggregated(base64: string): boolean {
  if (!base64.startsWith('84maw')) return false;
  // The sixth character holds the magic's last two bits and four bits of what follows: g to v.
  const sixth = base64.charCodeAt(5);
  return sixth >= 0x67 && sixth <= 0x76;
}

/**
 * Takes a KPL aggregate apart. `data` is the whole Kinesis record, base64 already decoded.
 * Gives null if it is no aggregate, Damage if it only begins like one: in both cases the caller
 * goes on with the raw record. Everything is verified before anything is handed out, so there are
 * no partial results. Never throws; aggregates inside aggregates stay as they are.
 */
export function decodeAggregate(data: Buffer): Aggregate | Damage | null {
  // 20 bytes and less are a raw record to the KCL too, even with a correct MD5 of nothing.
  if (data.length <= FRAME_BYTES || data.readUInt32BE(0) !== MAGIC_WORD) return null;
  const end = data.length - format.MD5_BYTES;
  const content = data.subarray(format.MAGIC.length, end);
  if (hash('md5', content, 'buffer').compare(data, end) !== 0) {
    return { kind: 'damaged', reason: 'MD5', message: 'The MD5 at the end does not match.' };
  }
  try {
    return readAggregate(data, end);
  } catch (error) {
    if (error instanceof WireError) return damage('STRUCTURE', error);
    if (error instanceof FieldError) return damage('MISSING_FIELD', error);
    if (error instanceof IndexError) return damage('INDEX', error);
    throw error;
  }
}

class FieldError extends Error {}
class IndexError extends Error {}

function damage(reason: DamageReason, { message }: Error): Damage {
  return { kind: 'damaged', reason, message };
}

function readAggregate(bytes: Buffer, end: number): Aggregate {
  const aggregate = allocate({ bytes, at: format.MAGIC.length, end });
  const cursor = { bytes, at: format.MAGIC.length, end };
  let keys = 0;
  let hashKeys = 0;
  let records = 0;
  while (cursor.at < end) {
    const tag = readTag(cursor);
    if (tag === format.RECORDS) readRecord(cursor, aggregate.records, records++);
    else if (tag === format.PARTITION_KEY_TABLE) {
      readSpan(cursor, aggregate.partitionKeys.spans, keys++ * 2);
    } else if (tag === format.EXPLICIT_HASH_KEY_TABLE) {
      readSpan(cursor, aggregate.explicitHashKeys.spans, hashKeys++ * 2);
    } else skipField(cursor, tag);
  }
  checkIndexes(aggregate);
  return aggregate;
}

/** Counts first, so that the index has its exact size: cheaper than growing it, and no bound to choose. */
function allocate(cursor: Cursor): Aggregate {
  let keys = 0;
  let hashKeys = 0;
  let records = 0;
  while (cursor.at < cursor.end) {
    const tag = readTag(cursor);
    if (tag === format.RECORDS) records++;
    else if (tag === format.PARTITION_KEY_TABLE) keys++;
    else if (tag === format.EXPLICIT_HASH_KEY_TABLE) hashKeys++;
    skipField(cursor, tag);
  }
  return {
    kind: 'aggregate',
    count: records,
    bytes: cursor.bytes,
    records: new Int32Array(records * INTS_PER_RECORD),
    partitionKeys: { spans: new Int32Array(keys * 2), texts: [] },
    explicitHashKeys: { spans: new Int32Array(hashKeys * 2), texts: [] },
  };
}

/** A field that comes twice counts as the last one says: protobuf's rule. */
function readRecord(cursor: Cursor, records: Int32Array, i: number): void {
  const at = i * INTS_PER_RECORD;
  const outerEnd = cursor.end;
  cursor.end = readEnd(cursor);
  let hasKey = false;
  let hasData = false;
  records[at + 1] = -1;
  while (cursor.at < cursor.end) {
    const tag = readTag(cursor);
    if (tag === format.PARTITION_KEY_INDEX) {
      records[at] = readIndex(cursor);
      hasKey = true;
    } else if (tag === format.EXPLICIT_HASH_KEY_INDEX) {
      records[at + 1] = readIndex(cursor);
    } else if (tag === format.DATA) {
      readSpan(cursor, records, at + 2);
      hasData = true;
    } else if (tag === format.TAGS) {
      skipTag(cursor, i);
    } else skipField(cursor, tag);
  }
  cursor.end = outerEnd;
  if (!hasKey) throw new FieldError(`User record ${i} has no partition key index.`);
  if (!hasData) throw new FieldError(`User record ${i} has no data field.`);
}

function readSpan(cursor: Cursor, into: Int32Array, at: number): void {
  const end = readEnd(cursor);
  into[at] = cursor.at;
  into[at + 1] = end;
  cursor.at = end;
}

/** No table has 2^31 entries, so a greater index may be cut down to that: it must only not wrap round to a valid one. */
function readIndex(cursor: Cursor): number {
  return Math.min(readVarint(cursor), 0x7fff_ffff);
}

/** Tags carry nothing for the consumer, but one without its key makes the whole message invalid, as for the KCL. */
function skipTag(cursor: Cursor, i: number): void {
  const outerEnd = cursor.end;
  cursor.end = readEnd(cursor);
  let hasKey = false;
  while (cursor.at < cursor.end) {
    const tag = readTag(cursor);
    if (tag === format.TAG_KEY) hasKey = true;
    skipField(cursor, tag);
  }
  cursor.end = outerEnd;
  if (!hasKey) throw new FieldError(`A tag of user record ${i} has no key.`);
}

/** Only now: the tables may come after the records. */
function checkIndexes({ count, records, partitionKeys, explicitHashKeys }: Aggregate): void {
  const keys = partitionKeys.spans.length / 2;
  const hashKeys = explicitHashKeys.spans.length / 2;
  for (let i = 0, at = 0; i < count; i++, at += INTS_PER_RECORD) {
    if ((records[at] as number) >= keys) {
      throw new IndexError(`User record ${i} names a partition key outside the table of ${keys}.`);
    }
    if ((records[at + 1] as number) >= hashKeys) {
      throw new IndexError(
        `User record ${i} names an explicit hash key outside the table of ${hashKeys}.`,
      );
    }
  }
}
