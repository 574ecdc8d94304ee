import { Readable } from 'node:stream';
import type { StreamRecord } from '../../local/mapping/types.ts';
import { looksAggregated } from '../../shared/kpl/decode.ts';
import { type HashKeyRange, hashKeyRange } from '../../shared/kpl/hash-key.ts';
import { decodeBase64, decodedSize } from '../../shared/records/base64.ts';
import { CommandError, messageOf } from '../errors.ts';
import type { Progress } from '../io.ts';
import { readLines } from '../lines.ts';

/** A record of an archive, with the shard that it came from. */
export interface ArchivedRecord extends StreamRecord {
  readonly shardId: string;
}

/** What an archive holds, once all its lines are found right. */
export interface Archive {
  readonly file: string;
  readonly records: number;
  /** Of the shards whose ranges stand in it. */
  readonly ranges: ReadonlyMap<string, HashKeyRange>;
  /** Shards that hold what looks like a KPL aggregate. */
  readonly aggregated: ReadonlySet<string>;
}

/** More wrong lines than these are counted, not listed. */
const LISTED = 10;

/**
 * Reads an archive once and checks every line: its form, and that the records of each shard stand in
 * the order of their sequence numbers. Throws CommandError that names all lines that are wrong.
 * docs/rebuild.md says what a line looks like.
 */
export async function checkArchive(file: string, progress: Progress): Promise<Archive> {
  const ranges = new Map<string, HashKeyRange>();
  const aggregated = new Set<string>();
  const last = new Map<string, bigint>();
  const wrong: string[] = [];
  let records = 0;
  await eachLine(
    file,
    progress,
    (number, line) => {
      try {
        if (line.kind === 'shard') {
          ranges.set(line.shardId, line.range);
          return;
        }
        const { shardId, sequenceNumber, text } = line;
        const before = last.get(shardId);
        const now = BigInt(sequenceNumber);
        if (before !== undefined && now < before) {
          throw new Error(
            `${shardId} goes back to ${sequenceNumber}: sort its records by sequence number`,
          );
        }
        last.set(shardId, now);
        if (looksAggregated(text)) aggregated.add(shardId);
        records++;
      } catch (error) {
        wrong.push(`line ${number}: ${messageOf(error)}`);
      }
    },
    (number, error) => wrong.push(`line ${number}: ${messageOf(error)}`),
  );
  if (wrong.length > 0) {
    const more = wrong.length > LISTED ? [`… and ${wrong.length - LISTED} more`] : [];
    const lines = [...wrong.slice(0, LISTED), ...more].map((text) => `\n  ${text}`).join('');
    throw new CommandError(`${file} cannot be used, nothing was written:${lines}`);
  }
  if (records === 0) throw new CommandError(`${file} holds no records`);
  return { file, records, ranges, aggregated };
}

/** The records of an archive that was found right, in the order of its lines. */
export async function* archivedRecords(
  file: string,
  progress: Progress,
): AsyncGenerator<ArchivedRecord> {
  for await (const { data } of readLines(file, Readable.from([]), progress)) {
    const line = readLine(data);
    if (line.kind === 'record') yield toRecord(line);
  }
}

async function eachLine(
  file: string,
  progress: Progress,
  take: (number: number, line: Line) => void,
  refuse: (number: number, error: unknown) => void,
): Promise<void> {
  if (file === '-') throw new CommandError('--archive is read twice, so it has to be a file');
  for await (const { number, data } of readLines(file, Readable.from([]), progress)) {
    let line: Line;
    try {
      line = readLine(data);
    } catch (error) {
      refuse(number, error);
      continue;
    }
    take(number, line);
  }
}

type Line =
  | {
      readonly kind: 'record';
      readonly shardId: string;
      readonly sequenceNumber: string;
      readonly partitionKey: string;
      readonly arrival: number;
      /** Base64. */
      readonly text: string;
    }
  | { readonly kind: 'shard'; readonly shardId: string; readonly range: HashKeyRange };

/** A fault object, a record of `aws kinesis get-records` with its ShardId, or one of list-shards. */
function readLine(data: Buffer): Line {
  const fields = readObject(data);
  const field = (name: string, ofAws = name[0]!.toUpperCase() + name.slice(1)): unknown =>
    fields[name] ?? fields[ofAws];
  const shardId = textField('shardId', field('shardId'));
  const range = field('hashKeyRange');
  if (range !== undefined && field('data') === undefined) {
    const { StartingHashKey: start, EndingHashKey: end } = range as Record<string, unknown>;
    return { kind: 'shard', shardId, range: hashKeyRange(String(start), String(end)) };
  }
  const sequenceNumber = textField('sequenceNumber', field('sequenceNumber'));
  if (!/^\d{1,129}$/.test(sequenceNumber)) throw new Error('sequenceNumber is no number');
  const text = field('data');
  if (typeof text !== 'string' || decodeBase64(text, Buffer.alloc(decodedSize(text))) < 0) {
    throw new Error('data is not base64');
  }
  return {
    kind: 'record',
    shardId,
    sequenceNumber,
    partitionKey: textField('partitionKey', field('partitionKey')),
    arrival: arrivalOf(field('arrival', 'ApproximateArrivalTimestamp')),
    text,
  };
}

function readObject(data: Buffer): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(data.toString());
  } catch {
    throw new Error('not one JSON object');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error('not one JSON object');
  }
  return value as Record<string, unknown>;
}

function textField(name: string, value: unknown): string {
  if (typeof value === 'string' && value !== '') return value;
  throw new Error(`${name} is missing or no text`);
}

/** ISO 8601, or seconds since 1970 as the AWS command line may print them. */
function arrivalOf(value: unknown): number {
  const ms = typeof value === 'number' ? Math.round(value * 1_000) : Date.parse(String(value));
  if (Number.isFinite(ms)) return ms;
  throw new Error('arrival is missing or no time: ISO 8601, or seconds since 1970');
}

function toRecord({
  shardId,
  sequenceNumber,
  partitionKey,
  arrival,
  text,
}: Extract<Line, { kind: 'record' }>): ArchivedRecord {
  return { shardId, sequenceNumber, partitionKey, arrival, data: Buffer.from(text, 'base64') };
}
