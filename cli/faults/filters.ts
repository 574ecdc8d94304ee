import type { RedriveRequest } from '../../functions/redrive/request.ts';
import { parseDuration } from '../../shared/config/duration.ts';
import type { FaultReason } from '../../shared/records/types.ts';
import { suggest } from '../../shared/sql/suggest.ts';
import { CommandError } from '../errors.ts';

/** Which faults are meant. */
export type Filters = Pick<RedriveRequest, 'reasons' | 'from' | 'to' | 'shardId'>;

export const FILTER_OPTIONS = {
  reason: { type: 'string', multiple: true },
  from: { type: 'string' },
  to: { type: 'string' },
  shard: { type: 'string' },
} as const;

interface FilterValues {
  readonly reason?: readonly string[] | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly shard?: string | undefined;
}

/** Throws CommandError. */
export function readFilters(values: FilterValues, now: number): Filters {
  const { reason = [], from, to, shard } = values;
  const filters: Filters = {
    reasons: reason.flatMap((text) => text.split(',')).map(readReason),
    from: from === undefined ? null : readTime('--from', from, now),
    to: to === undefined ? null : readTime('--to', to, now),
    shardId: shard === undefined ? null : readShard(shard),
  };
  if (filters.from !== null && filters.to !== null && filters.from >= filters.to) {
    throw new CommandError('--from has to be before --to', 'nothing arrived between the two');
  }
  return filters;
}

const REASONS: Readonly<Record<FaultReason, true>> = {
  BAD_BASE64: true,
  BAD_ENCODING: true,
  BAD_GZIP: true,
  BAD_JSON: true,
  BAD_FORMAT: true,
  BAD_TYPE: true,
  DAMAGED_AGGREGATE: true,
  NO_EVENT_TIME: true,
  FUTURE: true,
  LATE: true,
  ROW_ERROR: true,
  REFUSED: true,
  TOO_LARGE: true,
};

function readReason(text: string): string {
  const reason = text.toUpperCase();
  if (Object.hasOwn(REASONS, reason)) return reason;
  const known = Object.keys(REASONS);
  const near = suggest(reason, known);
  const hint = near === null ? `it can be ${known.join(', ')}` : `did you mean ${near}?`;
  throw new CommandError(`there is no reason ${text}`, hint);
}

const DAY = /^\d{4}-\d\d-\d\d$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?$/;

/** A day, a time (UTC, if it does not say), or how long ago. */
function readTime(option: string, text: string, now: number): number {
  const ago = parseDuration(text);
  if (ago !== null) return now - ago;
  const zoned = DAY.test(text) || /(?:Z|[+-]\d\d:\d\d)$/.test(text) ? text : `${text}Z`;
  const time = DAY.test(text) || TIME.test(text) ? Date.parse(zoned) : Number.NaN;
  if (!Number.isNaN(time)) return time;
  throw new CommandError(
    `${option} takes a time, not "${text}"`,
    'such as 2026-05-02T12:00:00Z, 2026-05-02, or how long ago: 30m, 12h, 7d',
  );
}

/** Part of a key: nothing that could lead elsewhere. Throws CommandError. */
export function readShard(text: string): string {
  if (/^shardId-\d{12}$/.test(text)) return text;
  throw new CommandError(`"${text}" is no shard`, 'such as shardId-000000000000');
}

/** Throws CommandError. */
export function readApplication(text: string): string {
  if (/^[\w-][\w.-]{0,127}$/.test(text)) return text;
  throw new CommandError(`"${text}" is no name of an application`);
}
