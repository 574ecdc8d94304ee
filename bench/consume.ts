import { type ConsumedRecord, consume } from '../shared/consume/consume.ts';
import { type BatchEvent, clicks } from './batches.ts';
import {
  type BenchTable,
  formatTable,
  measureSideBySide,
  median,
  ratio,
  rounded,
} from './table.ts';

interface Case {
  readonly name: string;
  readonly records: number;
  /** Whether the handler reads its record's JSON. */
  readonly reads: boolean;
}

const CASES: Case[] = [
  { name: 'does nothing, 100 records', records: 100, reads: false },
  { name: 'does nothing, 1,000 records', records: 1000, reads: false },
  { name: 'does nothing, 10,000 records', records: 10_000, reads: false },
  { name: 'reads JSON, 1,000 records', records: 1000, reads: true },
];

type Peer = (event: BatchEvent, handle: (record: Kinesis) => void) => unknown;
type Kinesis = BatchEvent['Records'][number];

/** What the batch contract costs with a synchronous handler, beside a bare loop and the peer. */
export async function benchConsume(): Promise<BenchTable> {
  const peer = await powertools();
  return {
    title: 'consume with a synchronous handler, ns per record',
    columns: [
      'handler',
      'bare loop',
      'consume',
      'Powertools sync',
      'consume - loop',
      'Powertools/consume',
    ],
    rows: CASES.map((sample) => row(sample, peer)),
    note:
      'Aim: consume - loop at most 100 for the handler that does nothing, at 1,000 records of 171 bytes. ' +
      'Bare loop: the handler called for each record, nothing caught; Buffer.from does not check its base64. ' +
      'Powertools: processPartialResponseSync of @aws-lambda-powertools/batch.',
  };
}

async function powertools(): Promise<Peer> {
  const peer = await import('@aws-lambda-powertools/batch');
  const processor = new peer.BatchProcessorSync(peer.EventType.KinesisDataStreams);
  return (event, handle) =>
    peer.processPartialResponseSync({ Records: [...event.Records] }, handle, processor);
}

function row({ name, records, reads }: Case, peer: Peer): (string | number)[] {
  // As Lambda makes it: parsed, so that no text is in pieces.
  const event: BatchEvent = JSON.parse(JSON.stringify(clicks(records)));
  let sum = 0;
  const ours = (record: ConsumedRecord): void => {
    sum += reads ? userOf(record.json()) : 1;
  };
  const theirs = ({ kinesis }: Kinesis): void => {
    sum += reads ? userOf(JSON.parse(Buffer.from(kinesis.data, 'base64').toString())) : 1;
  };
  const variants = {
    loop: () => {
      for (const record of event.Records) theirs(record);
      return sum;
    },
    // The promise that it gives is settled already: all is done when it returns.
    consume: () => {
      void consume(event, ours);
      return sum;
    },
    peer: () => {
      peer(event, theirs);
      return sum;
    },
  };
  const sums = Object.values(variants).map((run) => {
    sum = 0;
    return run();
  });
  if (new Set(sums).size !== 1) throw new Error(`They did not handle the same: ${sums}.`);
  const times = measureSideBySide(variants);
  const each = (ns: number): number => rounded(ns / records);
  const overhead = median(times.consume.times.map((ns, i) => ns - times.loop.times[i]!));
  return [
    name,
    each(times.loop.ns),
    each(times.consume.ns),
    each(times.peer.ns),
    each(overhead),
    rounded(ratio(times.peer, times.consume)),
  ];
}

function userOf(value: unknown): number {
  return (value as { user: string }).user.length;
}

if (import.meta.main) console.log(formatTable(await benchConsume()));
