/**
 * A verified aggregate: MD5, structure, required fields and every index were checked, so reading
 * it cannot fail. It holds positions only; keys and data are made when asked for, by the functions
 * below. User record i has sub-sequence number i.
 */
export interface Aggregate {
  readonly kind: 'aggregate';
  /** Number of user records; may be 0. */
  readonly count: number;
  /** The whole Kinesis record, not a copy. `dataStart` and `dataEnd` are positions in it. */
  readonly bytes: Buffer;
  /** Per user record: index of its partition key, of its explicit hash key or -1, data start, data end. 32 bits will do: a record has at most 10 MiB. */
  readonly records: Int32Array;
  readonly partitionKeys: KeyTable;
  readonly explicitHashKeys: KeyTable;
}

export interface KeyTable {
  /** Per entry: start and end in the aggregate's bytes. */
  readonly spans: Int32Array;
  /** Entries decoded so far. */
  readonly texts: string[];
}

/** Of `records`. */
export const INTS_PER_RECORD = 4;

/** Where the data of user record i begins in `aggregate.bytes`. Throws RangeError unless 0 <= i < count. */
export function dataStart(aggregate: Aggregate, i: number): number {
  return aggregate.records[slot(aggregate, i) + 2] as number;
}

/** Where the data of user record i ends in `aggregate.bytes`, exclusive. Throws RangeError unless 0 <= i < count. */
export function dataEnd(aggregate: Aggregate, i: number): number {
  return aggregate.records[slot(aggregate, i) + 3] as number;
}

/** The data of user record i: a view, not a copy. Throws RangeError unless 0 <= i < count. */
export function userData(aggregate: Aggregate, i: number): Buffer {
  return aggregate.bytes.subarray(dataStart(aggregate, i), dataEnd(aggregate, i));
}

/** The partition key of user record i; invalid UTF-8 becomes U+FFFD as in the KCL. Throws RangeError unless 0 <= i < count. */
export function partitionKey(aggregate: Aggregate, i: number): string {
  const index = aggregate.records[slot(aggregate, i)] as number;
  return keyText(aggregate, aggregate.partitionKeys, index);
}

/** The explicit hash key of user record i, if it has one. Throws RangeError unless 0 <= i < count. */
export function explicitHashKey(aggregate: Aggregate, i: number): string | undefined {
  const index = aggregate.records[slot(aggregate, i) + 1] as number;
  return index < 0 ? undefined : keyText(aggregate, aggregate.explicitHashKeys, index);
}

function slot(aggregate: Aggregate, i: number): number {
  if (i >= 0 && i < aggregate.count) return i * INTS_PER_RECORD;
  throw new RangeError(`User record ${i} does not exist; the aggregate has ${aggregate.count}.`);
}

function keyText(aggregate: Aggregate, table: KeyTable, index: number): string {
  const known = table.texts[index];
  if (known !== undefined) return known;
  const text = aggregate.bytes.toString('utf8', table.spans[index * 2], table.spans[index * 2 + 1]);
  table.texts[index] = text;
  return text;
}
