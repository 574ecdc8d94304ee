import { hash } from 'node:crypto';

export type KeyValue = string | number | bigint | boolean | Date | null | undefined;

/** Hive's own word for NULL, which Athena and Glue read as NULL; an empty text gets it too. */
export const NO_VALUE = '__HIVE_DEFAULT_PARTITION__';

/** An object's key has at most 1,024 bytes, in which some of these and the prefix have to fit. */
const LONGEST = 128;
const HASH_DIGITS = 16;

/**
 * A value as it stands in an object's key: letters, digits and `-_.` of ASCII stay, all else is
 * percent-encoded as UTF-8, so that no value opens a folder or a query of its own. Past 128
 * characters it is cut, and ends in `~` and a hash, so that two values stay two.
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
 */
export function partitionKey(value: KeyValue): string {
  const text = textOf(value);
  if (text === '') return NO_VALUE;
  // A key of dots is a way up to those who take object keys for paths.
  const escaped = /^\.+$/.test(text) ? text.replaceAll('.', '%2E') : percentEncoded(text);
  if (escaped.length <= LONGEST) return escaped;
  const kept = escaped.slice(0, LONGEST - HASH_DIGITS - 1).replace(/%.?$/, '');
  return `${kept}~${hash('sha256', text).slice(0, HASH_DIGITS)}`;
}

export interface ArrivalKeys {
  readonly date: string;
  readonly hour: string;
}

const HOUR_MS = 3_600_000;
let known = { start: Number.NaN, keys: { date: '', hour: '' } };

/** `date` (yyyy-MM-dd) and `hour` (HH) of an arrival in milliseconds, in UTC. */
export function arrivalKeys(arrival: number): ArrivalKeys {
  const start = Math.floor(arrival / HOUR_MS) * HOUR_MS;
  if (start !== known.start) {
    const iso = new Date(start).toISOString();
    known = { start, keys: { date: iso.slice(0, 10), hour: iso.slice(11, 13) } };
  }
  return known.keys;
}

function textOf(value: KeyValue): string {
  if (value === null || value === undefined) return '';
  return value instanceof Date ? value.toISOString() : String(value);
}

const SAFE = /^[\w.-]*$/;

function percentEncoded(text: string): string {
  if (SAFE.test(text)) return text;
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*~]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
