import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { lineStream } from '../shared/records/line-stream.ts';
import type { FormatName } from '../shared/records/types.ts';
import { UsageError } from './arguments.ts';
import { createRandom } from './generate/random.ts';
import { fromCommandLine } from './invoked-from.ts';
import type { NewRecord } from './producer.ts';

/**
 * The lines of a file as events, gunzipped if its first bytes say so. Empty lines are skipped.
 * Partition keys are made up, always the same for the same file, so that all shards have work.
 */
export async function* readEvents(path: string, count: number | null): AsyncGenerator<NewRecord> {
  const random = createRandom(1);
  let left = count ?? Number.POSITIVE_INFINITY;
  for await (const line of readLines(path)) {
    if (left === 0) return;
    left -= 1;
    // As they are: what is no UTF-8 in a file is none in the stream.
    yield { partitionKey: random.hex(16), data: Buffer.from(line) };
  }
}

/** By which a line gives its format away; the first that fits. */
const SIGNS: readonly (readonly [FormatName, RegExp])[] = [
  ['dynamodb', /^\s*\{.*"(?:NewImage|OldImage|Keys)"\s*:.*$/],
  ['cloudwatch-logs', /^\s*\{.*"messageType"\s*:.*"logEvents"\s*:/],
  ['cloudtrail', /^\s*\{(?=.*"eventSource"\s*:).*"eventName"\s*:/],
  ['json', /^\s*\{/],
  ['json-array', /^\s*\[\s*\{/],
  ['syslog', /^(?:<\d{1,3}>|[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )/],
  ['apache', /^\S+ \S+ .*\[[^\]]*\] "/],
  ['csv', /[,;\t]/],
];

/** Guesses a file's format from its first line. Throws UsageError when it cannot be read. */
export async function guessFormat(path: string): Promise<FormatName> {
  for await (const bytes of readLines(path)) {
    const line = bytes.toString();
    return SIGNS.find(([, sign]) => sign.test(line))?.[0] ?? 'apache';
  }
  throw new UsageError(`${path} is empty`);
}

/** The lines that are not empty, without line ends; each is valid until the next. */
async function* readLines(path: string): AsyncGenerator<Buffer> {
  const file = fromCommandLine(path);
  const found = await stat(file).catch(() => null);
  if (found?.isDirectory() === true) throw new UsageError(`${path} is a folder; give one file`);
  if (found?.isFile() !== true) throw new UsageError(`there is no file ${path}`);
  try {
    for await (const line of lineStream(createReadStream(file))) {
      const end = line.at(-1) === 0x0d ? -1 : line.length;
      const isBlank = line.every((byte) => byte === 0x20 || (byte >= 0x09 && byte <= 0x0d));
      if (!isBlank) yield line.subarray(0, end);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${path} cannot be read: ${reason}`);
  }
}
