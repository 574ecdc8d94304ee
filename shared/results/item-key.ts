import { createHash } from 'node:crypto';
import type { Attributes } from './store.ts';

/** DynamoDB takes 1,024 bytes: developerguide/Constraints.html#limits-partition-sort-keys */
const LONGEST_SORT_KEY = 1_024;
const HASHED_SORT_KEY = 900;

/** A key as DynamoDB takes it: what is longer than 1,024 bytes becomes its beginning and a hash. */
export function shorten(key: string): string {
  // A UTF-16 unit is at most three bytes of UTF-8: short keys need no measuring.
  if (key.length * 3 <= LONGEST_SORT_KEY) return key;
  const bytes = Buffer.from(key);
  if (bytes.length <= LONGEST_SORT_KEY) return key;
  const digest = createHash('sha256').update(bytes).digest('base64url');
  return `${bytes.toString('utf8', 0, HASHED_SORT_KEY)}#${digest}`;
}

/** The TTL attribute, which counts in seconds: developerguide/TTL.html */
export function expires(ms: number): Attributes {
  return { expires: { N: String(Math.ceil(ms / 1000)) } };
}
