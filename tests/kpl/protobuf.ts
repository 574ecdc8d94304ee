import { createHash } from 'node:crypto';
import {
  type Aggregate,
  explicitHashKey,
  partitionKey,
  userData,
} from '../../shared/kpl/aggregate.ts';
import { decodeAggregate } from '../../shared/kpl/decode.ts';

/** Builds KPL frames field by field, also wrong ones; shares no code with the encoder under test. */
export function frame(...fields: Buffer[]): Buffer {
  const message = Buffer.concat(fields);
  const md5 = createHash('md5').update(message).digest();
  return Buffer.concat([Buffer.from('f3899ac2', 'hex'), message, md5]);
}

/** A length-delimited field: bytes, text or an inner message. */
export function field(number: number, ...content: (Buffer | string)[]): Buffer {
  const bytes = Buffer.concat(content.map((part) => Buffer.from(part as string)));
  return Buffer.concat([varint(BigInt(number * 8 + 2)), varint(BigInt(bytes.length)), bytes]);
}

export function numberField(number: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(number * 8)), varint(value)]);
}

export function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Buffer.from([...bytes, Number(rest)]);
}

export const keyEntry = (text: string) => field(1, text);
export const hashKeyEntry = (text: string) => field(2, text);

/** A user record with the key at `key`, the explicit hash key at `hashKey` where given. */
export function userRecord(key: bigint, data: string, hashKey?: bigint): Buffer {
  const middle = hashKey === undefined ? [] : [numberField(2, hashKey)];
  return field(3, numberField(1, key), ...middle, field(3, data));
}

export interface PlainRecord {
  partitionKey: string;
  explicitHashKey?: string;
  data: Buffer;
}

/** All user records of a frame that must be a good aggregate. */
export function decodeAll(frame: Buffer): PlainRecord[] {
  const result = decodeAggregate(frame);
  if (result?.kind !== 'aggregate') throw new Error(`no aggregate: ${JSON.stringify(result)}`);
  return userRecords(result);
}

export function userRecords(aggregate: Aggregate): PlainRecord[] {
  return Array.from({ length: aggregate.count }, (_, i) => {
    const hashKey = explicitHashKey(aggregate, i);
    return {
      partitionKey: partitionKey(aggregate, i),
      ...(hashKey === undefined ? {} : { explicitHashKey: hashKey }),
      data: Buffer.from(userData(aggregate, i)),
    };
  });
}
