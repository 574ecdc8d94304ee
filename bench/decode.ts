import { hash } from 'node:crypto';
import { deaggregateSync } from 'aws-kinesis-agg';
import { dataEnd, dataStart, partitionKey, userData } from '../shared/kpl/aggregate.ts';
import { decodeAggregate } from '../shared/kpl/decode.ts';
import { encodeAggregate } from '../shared/kpl/encode.ts';
import { type BenchTable, formatTable, measureSideBySide, ratio, rounded } from './table.ts';

interface Case {
  name: string;
  records: number;
  bytes: number;
  keys: number;
}

const CASES: Case[] = [
  { name: '100 x 200 B', records: 100, bytes: 200, keys: 16 },
  { name: '1000 x 200 B', records: 1000, bytes: 200, keys: 16 },
  { name: '100 x 1 KiB', records: 100, bytes: 1024, keys: 16 },
  { name: '250 x 200 B, 250 keys', records: 250, bytes: 200, keys: 250 },
];

/** De-aggregation of one Kinesis record, from its base64 to every user record, against the floor and the peer. */
export async function benchDecode(): Promise<BenchTable> {
  return {
    title: 'KPL de-aggregation, microseconds per aggregate',
    columns: [
      'aggregate',
      'floor',
      'ours',
      'ours, buffers + keys',
      'aws-kinesis-agg',
      'ours/floor',
      'eager/floor',
      'peer/ours',
      'peer/eager',
    ],
    rows: CASES.map(row),
    note:
      'floor: base64, MD5, bare walk. ours: base64, everything verified, every view touched; "buffers + keys" ' +
      'makes a Buffer and a partition key of each. aws-kinesis-agg 4.2.8: deaggregateSync with checksums, data left in base64.',
  };
}

if (import.meta.main) console.log(formatTable(await benchDecode()));

function row(sample: Case): (string | number)[] {
  const base64 = aggregate(sample);
  const variants = {
    floor: () => floor(base64),
    views: () => views(base64),
    eager: () => eager(base64),
    peer: () => peer(base64),
  };
  for (const [name, variant] of Object.entries(variants)) {
    // Base64 of n bytes has 4 characters for each 3: the peer's data stays encoded.
    const each = name === 'peer' ? Math.ceil(sample.bytes / 3) * 4 : sample.bytes;
    const sum = variant();
    if (sum !== sample.records * each) throw new Error(`${name} read ${sum} bytes of data.`);
  }
  const { floor: low, views: ours, eager: full, peer: theirs } = measureSideBySide(variants);
  return [
    sample.name,
    ...[low, ours, full, theirs].map(({ ns }) => rounded(ns / 1000)),
    ...[ratio(ours, low), ratio(full, low), ratio(theirs, ours), ratio(theirs, full)].map(rounded),
  ];
}

function aggregate({ records, bytes, keys }: Case): string {
  const list = Array.from({ length: records }, (_, i) => ({
    partitionKey: `device-${String(i % keys).padStart(6, '0')}`,
    data: Buffer.alloc(bytes, `{"event":${i},"value":${i * 7919}}`),
  }));
  return encodeAggregate(list).data.toString('base64');
}

function views(base64: string): number {
  const aggregate = decodeAggregate(Buffer.from(base64, 'base64'));
  if (aggregate?.kind !== 'aggregate') throw new Error('The sample is no aggregate.');
  let sum = 0;
  for (let i = 0; i < aggregate.count; i++) sum += dataEnd(aggregate, i) - dataStart(aggregate, i);
  return sum;
}

function eager(base64: string): number {
  const aggregate = decodeAggregate(Buffer.from(base64, 'base64'));
  if (aggregate?.kind !== 'aggregate') throw new Error('The sample is no aggregate.');
  let sum = 0;
  for (let i = 0; i < aggregate.count; i++) {
    if (partitionKey(aggregate, i).length > 0) sum += userData(aggregate, i).length;
  }
  return sum;
}

function peer(base64: string): number {
  const record = {
    kinesisSchemaVersion: '1.0',
    partitionKey: 'a',
    sequenceNumber: '49545115243490985018280067714973144582180062593244200961',
    approximateArrivalTimestamp: 1_700_000_000,
    data: base64,
  };
  let sum = 0;
  deaggregateSync(record, true, (error, users) => {
    if (error || users === undefined) throw new Error('The peer refused it.', { cause: error });
    for (const user of users) if (user.partitionKey.length > 0) sum += user.data.length;
  });
  return sum;
}

/** The least that any decoder has to do; no checks but the MD5, and only what these samples contain. */
function floor(base64: string): number {
  const data = Buffer.from(base64, 'base64');
  const end = data.length - 16;
  if (hash('md5', data.subarray(4, end), 'buffer').compare(data, end) !== 0) throw new Error('MD5');
  let at = 4;
  let sum = 0;
  const number = () => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = data[at++] as number;
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  while (at < end) {
    const tag = data[at++];
    const stop = number() + at;
    if (tag === 0x1a) {
      at++;
      number();
      at++;
      sum += number();
    }
    at = stop;
  }
  return sum;
}
