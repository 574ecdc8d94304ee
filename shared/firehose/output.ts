import { TransformError } from './errors.ts';
import { type ArrivalKeys, type KeyValue, partitionKey } from './partition-key.ts';

/** One line of the delivered object: text and bytes as they are, an object as JSON. */
export type Line = string | Uint8Array | object;

/** What a transformer gives for a record. */
export type Output = Line | readonly Line[] | Keyed | Dropped;

/** Lines with values for `!{partitionKeyFromLambda:…}` of the prefix. */
export class Keyed {
  readonly lines: Line | readonly Line[];
  readonly keys: Readonly<Record<string, KeyValue>>;
  constructor(lines: Line | readonly Line[], keys: Readonly<Record<string, KeyValue>>) {
    this.lines = lines;
    this.keys = keys;
  }
}

/** A record that is not wanted. */
export class Dropped {
  readonly reason: string;
  constructor(reason: string) {
    this.reason = reason;
  }
}

/** Lines, and the partition keys of their record. */
export function keyed(
  lines: Line | readonly Line[],
  keys: Readonly<Record<string, KeyValue>>,
): Keyed {
  return new Keyed(lines, keys);
}

/** Counts the record under a reason (letters, digits and `_.-`) and delivers nothing of it. */
export function dropped(reason: string): Dropped {
  return new Dropped(reason);
}

/** What becomes of a record: bytes that end in a line break, with their partition keys; or nothing. */
export type Transformed =
  | { readonly data: Buffer; readonly keys: Readonly<Record<string, string>> }
  | { readonly dropped: string };

/** Puts together what a transformer gave for a record, or for each user record of it. */
export interface Collector {
  /** Throws TransformError: NO_RESULT, BAD_RESULT, TOO_LARGE, BAD_KEY, MISSING_KEY, MIXED_KEYS. */
  readonly add: (output: unknown) => void;
  readonly finish: () => Transformed;
}

/**
 * `given` are the keys that every record has, `wanted` those that the prefix names; a result has
 * at most so many bytes.
 */
export function createCollector(
  given: ArrivalKeys,
  wanted: readonly string[],
  mostBytes: number,
): Collector {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  let keys: Readonly<Record<string, string>> | null = null;
  let reason = 'NO_ROWS';
  const add = (output: unknown): void => {
    if (output instanceof Dropped) {
      reason = output.reason;
      return;
    }
    const { lines, keys: own } = output instanceof Keyed ? output : keyed(output as Line, {});
    const before = bytes;
    for (const line of Array.isArray(lines) ? lines : [lines]) {
      const chunk = lineOf(line);
      bytes += chunk.length;
      if (bytes > mostBytes) throw tooLarge();
      if (chunk.length > 0) chunks.push(chunk);
    }
    if (bytes === before) return;
    const found = keysOf(own, given, wanted);
    if (keys !== null) requireSame(keys, found);
    keys = found;
  };
  const finish = (): Transformed => {
    if (keys === null) return { dropped: reason };
    const [first, ...more] = chunks as [Uint8Array, ...Uint8Array[]];
    const data =
      more.length === 0
        ? Buffer.from(first.buffer, first.byteOffset, first.length)
        : Buffer.concat(chunks);
    return { data, keys };
  };
  return { add, finish };
}

export function tooLarge(): TransformError {
  const what = 'more came of the record than a response of 6 MB holds';
  return new TransformError('TOO_LARGE', what);
}

const LF = 0x0a;

/** A line with its line break; nothing of an empty one. */
function lineOf(line: unknown): Uint8Array {
  if (line instanceof Uint8Array) {
    return line.length === 0 || line.at(-1) === LF ? line : Buffer.concat([line, Buffer.of(LF)]);
  }
  const text = typeof line === 'string' ? line : jsonOf(line);
  return Buffer.from(text === '' || text.endsWith('\n') ? text : `${text}\n`);
}

function jsonOf(line: unknown): string {
  if (line === undefined || line === null) {
    const mend = 'to leave the record out, return dropped(reason)';
    throw new TransformError('NO_RESULT', `the transformer gave nothing; ${mend}`);
  }
  // An array in an array is more likely a slip than a line.
  const text = typeof line === 'object' && !Array.isArray(line) ? stringify(line) : undefined;
  if (text !== undefined) return text;
  throw badResult();
}

/** JSON.stringify runs code of the object, and gives nothing where its toJSON does. */
function stringify(line: object): string | undefined {
  try {
    return JSON.stringify(line) as string | undefined;
  } catch {
    throw badResult();
  }
}

function badResult(): TransformError {
  const what = 'a line is a text, bytes, or an object that can be written as JSON';
  return new TransformError('BAD_RESULT', what);
}

function keysOf(
  own: Readonly<Record<string, KeyValue>>,
  given: ArrivalKeys,
  wanted: readonly string[],
): Record<string, string> {
  const keys: Record<string, string> = {};
  for (const name of wanted) {
    if (name === 'date' || name === 'hour') keys[name] = given[name];
    else if (Object.hasOwn(own, name)) keys[name] = keyOf(name, own[name]);
    else {
      const mend = `return keyed(lines, { ${name}: … })`;
      throw new TransformError('MISSING_KEY', `the prefix names the key ${name}: ${mend}`);
    }
  }
  return keys;
}

function keyOf(name: string, value: unknown): string {
  const isDate = value instanceof Date && !Number.isNaN(value.getTime());
  const isOther = typeof value === 'object' ? value !== null : typeof value === 'function';
  if ((isOther && !isDate) || typeof value === 'symbol') {
    const what = 'a text, number, boolean, date or null';
    throw new TransformError('BAD_KEY', `the value of the partition key ${name} is not ${what}`);
  }
  return partitionKey(value as KeyValue);
}

/** Firehose takes one set of keys for a record, whatever it has become. */
export function requireSame(
  keys: Readonly<Record<string, KeyValue>>,
  others: Readonly<Record<string, KeyValue>>,
): void {
  for (const name in keys) {
    if (keys[name] === others[name]) continue;
    const what = `rows of one record with different values of the partition key ${name}`;
    throw new TransformError('MIXED_KEYS', `${what}: Firehose puts a record into one place`);
  }
}
