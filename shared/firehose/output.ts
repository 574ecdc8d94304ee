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
export class Collector {
  readonly #given: ArrivalKeys;
  readonly #wanted: readonly string[];
  readonly #mostBytes: number;
  #chunks: Buffer[] | null = null;
  #bytes = 0;
  #keys: Readonly<Record<string, string>> | null = null;
  #reason = 'NO_ROWS';

  /**
   * `given` are the keys that every record has, `wanted` those that the prefix names; a result has
   * at most so many bytes.
   */
  constructor(given: ArrivalKeys, wanted: readonly string[], mostBytes: number) {
    this.#given = given;
    this.#wanted = wanted;
    this.#mostBytes = mostBytes;
  }

  /** Throws TransformError: NO_RESULT, BAD_RESULT, TOO_LARGE, BAD_KEY, MISSING_KEY, MIXED_KEYS. */
  add(output: unknown): void {
    if (output instanceof Dropped) {
      this.#reason = output.reason;
      return;
    }
    const isKeyed = output instanceof Keyed;
    const lines = isKeyed ? output.lines : output;
    const before = this.#bytes;
    if (Array.isArray(lines)) for (const line of lines) this.#addLine(line);
    else this.#addLine(lines);
    if (this.#bytes === before) return;
    const found = keysOf(isKeyed ? output.keys : NO_KEYS, this.#given, this.#wanted);
    if (this.#keys !== null) requireSame(this.#keys, found);
    this.#keys = found;
  }

  finish(): Transformed {
    const chunks = this.#chunks;
    if (chunks === null || this.#keys === null) return { dropped: this.#reason };
    return { data: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), keys: this.#keys };
  }

  #addLine(line: unknown): void {
    const chunk = lineOf(line);
    this.#bytes += chunk.length;
    if (this.#bytes > this.#mostBytes) throw tooLarge();
    if (chunk.length === 0) return;
    // Most records come to one: an array that grows is dearer.
    if (this.#chunks === null) this.#chunks = [chunk];
    else this.#chunks.push(chunk);
  }
}

const NO_KEYS = {};

export function tooLarge(): TransformError {
  const what = 'more came of the record than a response of 6 MB holds';
  return new TransformError('TOO_LARGE', what);
}

const LF = 0x0a;

/** A line with its line break; nothing of an empty one. */
function lineOf(line: unknown): Buffer {
  if (line instanceof Uint8Array) {
    const isWhole = line.length === 0 || line[line.length - 1] === LF;
    if (!isWhole) return Buffer.concat([line, Buffer.of(LF)]);
    return Buffer.isBuffer(line) ? line : Buffer.from(line.buffer, line.byteOffset, line.length);
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

/** What was made of the arrival alone, for the records that follow and arrived in the same hour. */
let known: {
  readonly given: ArrivalKeys;
  readonly wanted: readonly string[];
  readonly keys: Readonly<Record<string, string>>;
} | null = null;

function keysOf(
  own: Readonly<Record<string, KeyValue>>,
  given: ArrivalKeys,
  wanted: readonly string[],
): Readonly<Record<string, string>> {
  if (known?.given === given && known.wanted === wanted) return known.keys;
  const keys: Record<string, string> = {};
  let isOfArrival = true;
  for (const name of wanted) {
    if (name === 'date' || name === 'hour') {
      keys[name] = given[name];
      continue;
    }
    isOfArrival = false;
    if (Object.hasOwn(own, name)) keys[name] = keyOf(name, own[name]);
    else {
      const mend = `return keyed(lines, { ${name}: … })`;
      throw new TransformError('MISSING_KEY', `the prefix names the key ${name}: ${mend}`);
    }
  }
  if (isOfArrival) known = { given, wanted, keys };
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
