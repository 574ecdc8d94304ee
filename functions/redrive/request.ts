import type { FaultyRecord } from '../../shared/consume/faults.ts';
import { type GivenUp, readOnFailure } from '../../shared/consume/on-failure.ts';

/** Which faults of the application are meant, and how far to go. */
export interface RedriveRequest {
  /** Whose record has one of these reasons; empty: any. */
  readonly reasons: readonly string[];
  /** Arrivals, milliseconds since 1970: from this on, and before that; null: any. */
  readonly from: number | null;
  readonly to: number | null;
  readonly shardId: string | null;
  /** True: nothing is written. */
  readonly dryRun: boolean;
  /** Where the answer before said to go on. */
  readonly next: string | null;
}

const KEYS = ['application', 'reasons', 'from', 'to', 'shardId', 'dryRun', 'next'];

/**
 * Reads the event of the function. `dryRun` is true unless it says false. Throws a TypeError that
 * tells all that is wrong with it.
 */
export function readRequest(event: unknown, application: string): RedriveRequest {
  if (typeof event !== 'object' || event === null || Array.isArray(event)) {
    throw new TypeError(`the event has to be an object with ${KEYS.join(', ')}`);
  }
  const given: Readonly<Record<string, unknown>> = { ...event };
  const wrong = unknownKeys(given, KEYS);
  const text = (key: string): string | null => {
    const value = given[key] ?? null;
    if (value !== null && typeof value !== 'string') wrong.push(`${key} has to be a text`);
    return typeof value === 'string' ? value : null;
  };
  const time = (key: string): number | null => {
    const value = text(key);
    if (value === null) return null;
    const ms = Date.parse(value);
    if (Number.isNaN(ms)) wrong.push(`${key} has to be a time such as 2026-05-02T12:00:00Z`);
    return ms;
  };
  const own = text('application');
  if (own !== null && own !== application) wrong.push(`this function redrives ${application} only`);
  const { reasons = [], dryRun = true } = given;
  const isList = Array.isArray(reasons) && reasons.every((one) => typeof one === 'string');
  if (!isList) wrong.push('reasons has to be a list of texts');
  if (typeof dryRun !== 'boolean') wrong.push('dryRun has to be true or false');
  const request: RedriveRequest = {
    reasons: isList ? (reasons as string[]) : [],
    from: time('from'),
    to: time('to'),
    shardId: text('shardId'),
    dryRun: dryRun !== false,
    next: text('next'),
  };
  if (wrong.length > 0) throw new TypeError(`the event is wrong: ${wrong.join('; ')}`);
  return request;
}

/** Batches that a mapping gave up. */
export interface GapsRequest {
  readonly onFailure: readonly GivenUp[];
  /** Somebody says that those without an invocation have never reached the function. */
  readonly neverDelivered: boolean;
  /** True: nothing is written. */
  readonly dryRun: boolean;
  /** How many of them are done with. */
  readonly next: number;
}

const GAP_KEYS = ['application', 'onFailure', 'neverDelivered', 'dryRun', 'next'];

/** An event with `onFailure`; null: it has none. Throws a TypeError that tells all that is wrong. */
export function readGapsRequest(event: unknown, application: string): GapsRequest | null {
  if (!(event instanceof Object) || !Object.hasOwn(event, 'onFailure')) return null;
  const given: Readonly<Record<string, unknown>> = { ...event };
  const { onFailure, neverDelivered = false, dryRun = true } = given;
  const next = given.next ?? 0;
  const wrong = unknownKeys(given, GAP_KEYS);
  const own = given.application ?? application;
  if (own !== application) wrong.push(`this function redrives ${application} only`);
  if (typeof neverDelivered !== 'boolean') wrong.push('neverDelivered has to be true or false');
  if (typeof dryRun !== 'boolean') wrong.push('dryRun has to be true or false');
  if (!Number.isSafeInteger(next) || Number(next) < 0) wrong.push('next has to be a whole number');
  let found: readonly GivenUp[] = [];
  try {
    found = readOnFailure(onFailure);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    wrong.push(error.message);
  }
  if (wrong.length > 0) throw new TypeError(`the event is wrong: ${wrong.join('; ')}`);
  return {
    onFailure: found,
    neverDelivered: neverDelivered === true,
    dryRun: dryRun !== false,
    next: Number(next),
  };
}

function unknownKeys(given: object, known: readonly string[]): string[] {
  return Object.keys(given)
    .filter((key) => !known.includes(key))
    .map((key) => `${key} is no key of it (${known.join(', ')})`);
}

/** Whether a fault is one of those that are meant; the shard is not looked at. */
export function isMeant(
  { reasons, from, to }: Pick<RedriveRequest, 'reasons' | 'from' | 'to'>,
  { arrival, faults }: FaultyRecord,
): boolean {
  const time = Date.parse(arrival);
  if ((from !== null && time < from) || (to !== null && time >= to)) return false;
  return reasons.length === 0 || faults.some(({ reason }) => reasons.includes(reason));
}
