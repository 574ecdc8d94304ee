import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
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
    if (line.trim() === '') continue;
    if (left === 0) return;
    left -= 1;
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
  for await (const line of readLines(path)) {
    if (line.trim() === '') continue;
    return SIGNS.find(([, sign]) => sign.test(line))?.[0] ?? 'apache';
  }
  throw new UsageError(`${path} is empty`);
}

async function* readLines(path: string): AsyncGenerator<string> {
  const file = fromCommandLine(path);
  const found = await stat(file).catch(() => null);
  if (found?.isDirectory() === true) throw new UsageError(`${path} is a folder; give one file`);
  if (found?.isFile() !== true) throw new UsageError(`there is no file ${path}`);
  const bytes = createReadStream(file);
  const text = (await isGzip(file)) ? bytes.pipe(createGunzip()) : bytes;
  bytes.on('error', (error) => text.destroy(error));
  let rest = '';
  try {
    for await (const chunk of text.setEncoding('utf8')) {
      const lines = (rest + chunk).split(/\r?\n/);
      rest = lines.pop()!;
      yield* lines;
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new UsageError(`${path} cannot be read: ${reason}`);
  } finally {
    bytes.destroy();
  }
  if (rest !== '') yield rest;
}

async function isGzip(path: string): Promise<boolean> {
  for await (const chunk of createReadStream(path, { end: 1 })) {
    return (chunk as Buffer)[0] === 0x1f && (chunk as Buffer)[1] === 0x8b;
  }
  return false;
}
