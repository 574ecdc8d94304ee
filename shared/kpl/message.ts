import { hash } from 'node:crypto';
import type { NewUserRecord } from './encode.ts';
import * as format from './format.ts';

/** The content of an aggregate to be, with its tables and its exact size. */
export interface Message {
  /** Keys to their place in the table. Maps, not objects: these must keep the order even of keys like "10", "2". */
  readonly partitionKeys: Map<string, number>;
  readonly hashKeys: Map<string, number>;
  readonly records: NewUserRecord[];
  /** Of the frame: magic, protobuf message, MD5. */
  bytes: number;
}

export function emptyMessage(): Message {
  const bytes = format.MAGIC.length + format.MD5_BYTES;
  return { partitionKeys: new Map(), hashKeys: new Map(), records: [], bytes };
}

/** Adds a record, unchecked, and its keys to the tables unless they are there: one entry per key, in order of first use. */
export function append(message: Message, record: NewUserRecord): void {
  const { partitionKeys, hashKeys } = message;
  const { partitionKey, explicitHashKey } = record;
  message.bytes += addedBytes(message, record);
  if (!partitionKeys.has(partitionKey)) partitionKeys.set(partitionKey, partitionKeys.size);
  if (explicitHashKey !== undefined && !hashKeys.has(explicitHashKey)) {
    hashKeys.set(explicitHashKey, hashKeys.size);
  }
  message.records.push(record);
}

/** How many bytes longer the frame gets by this record and the table entries it brings. */
export function addedBytes(message: Message, record: NewUserRecord): number {
  const { partitionKeys, hashKeys } = message;
  const { partitionKey, explicitHashKey } = record;
  let bytes = fieldBytes(innerBytes(message, record));
  if (!partitionKeys.has(partitionKey)) bytes += fieldBytes(Buffer.byteLength(partitionKey));
  if (explicitHashKey !== undefined && !hashKeys.has(explicitHashKey)) {
    bytes += fieldBytes(Buffer.byteLength(explicitHashKey));
  }
  return bytes;
}

/** The frame, byte for byte as the KPL makes it. */
export function writeFrame(message: Message): Buffer {
  const { partitionKeys, hashKeys, records } = message;
  const out = Buffer.allocUnsafe(message.bytes);
  let at = format.MAGIC.copy(out);
  for (const key of partitionKeys.keys()) at = writeKey(out, at, format.PARTITION_KEY_TABLE, key);
  for (const key of hashKeys.keys()) at = writeKey(out, at, format.EXPLICIT_HASH_KEY_TABLE, key);
  for (const record of records) {
    const { partitionKey, explicitHashKey, data } = record;
    at = writeNumber(out, at, format.RECORDS, innerBytes(message, record));
    at = writeNumber(out, at, format.PARTITION_KEY_INDEX, partitionKeys.get(partitionKey) ?? 0);
    if (explicitHashKey !== undefined) {
      const index = hashKeys.get(explicitHashKey) ?? 0;
      at = writeNumber(out, at, format.EXPLICIT_HASH_KEY_INDEX, index);
    }
    at = writeNumber(out, at, format.DATA, data.length);
    out.set(data, at);
    at += data.length;
  }
  hash('md5', out.subarray(format.MAGIC.length, at), 'buffer').copy(out, at);
  return out;
}

function innerBytes({ partitionKeys, hashKeys }: Message, record: NewUserRecord): number {
  const { partitionKey, explicitHashKey, data } = record;
  const index = partitionKeys.get(partitionKey) ?? partitionKeys.size;
  let bytes = 1 + varintBytes(index) + fieldBytes(data.length);
  if (explicitHashKey !== undefined) {
    bytes += 1 + varintBytes(hashKeys.get(explicitHashKey) ?? hashKeys.size);
  }
  return bytes;
}

function fieldBytes(length: number): number {
  return 1 + varintBytes(length) + length;
}

function varintBytes(value: number): number {
  let bytes = 1;
  for (let rest = value >>> 7; rest > 0; rest >>>= 7) bytes++;
  return bytes;
}

function writeKey(out: Buffer, start: number, tag: number, key: string): number {
  const at = writeNumber(out, start, tag, Buffer.byteLength(key));
  return at + out.write(key, at);
}

/** Writes a tag and a varint; gives the position behind them. */
function writeNumber(out: Buffer, start: number, tag: number, value: number): number {
  let at = start;
  out[at++] = tag;
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) out[at++] = (rest & 0x7f) | 0x80;
  out[at++] = rest;
  return at;
}
