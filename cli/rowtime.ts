import { defaultPath } from '../shared/config/columns.ts';
import { formatName, ownTime } from '../shared/records/format.ts';
import { inRange, isoTime, logTime } from '../shared/records/time.ts';
import { type Format, type MappedColumn, RecordFault } from '../shared/records/types.ts';
import type { Value } from '../shared/sql/types.ts';

/** The key that a row of ours has its arrival in. */
export const ROWTIME_KEY = 'ROWTIME';

/** Where the arrival of a record is read from, beside the columns of the program. */
export interface RowtimeSource {
  readonly column: MappedColumn;
  /** True: a record without it is a fault; false: it may be missing. */
  readonly isRequired: boolean;
}

/** Formats whose records can have a key of ours. */
const OPEN: ReadonlySet<string> = new Set(['json', 'json-array', 'ndjson', 'cloudtrail']);

const TIMESTAMP = { name: 'TIMESTAMP' } as const;

/**
 * The column of --rowtime as streams.yml declares it, else the record's key (or path) of that name;
 * without --rowtime the key ROWTIME. Null where there is nowhere to look.
 */
export function rowtimeSource(
  wanted: string | undefined,
  known: readonly MappedColumn[] | null,
  format: Format,
): RowtimeSource | null {
  if (wanted === undefined) {
    const isOurs = OPEN.has(formatName(format));
    return isOurs ? { column: asText(`$.${ROWTIME_KEY}`), isRequired: false } : null;
  }
  const declared = known?.find(({ name }) => name === wanted);
  if (declared?.type.name === 'TIMESTAMP') return { column: declared, isRequired: true };
  const path = declared?.path ?? (wanted.startsWith('$') ? wanted : defaultPath(wanted, format));
  const isOwn = path === ownTime(format);
  return { column: isOwn ? { ...asText(path), type: TIMESTAMP } : asText(path), isRequired: true };
}

/** Its text, so that times and numbers can both be read. */
function asText(path: string): MappedColumn {
  return { name: ROWTIME_KEY, type: { name: 'VARCHAR' }, path };
}

/**
 * Milliseconds since 1970 from a value of that column; null if there is none and none is required.
 * Throws RecordFault.
 */
export function readRowtime(value: Value, { column, isRequired }: RowtimeSource): number | null {
  if (value === null) {
    if (!isRequired) return null;
    throw new RecordFault('NO_EVENT_TIME', `it has no arrival at ${column.path}`);
  }
  if (typeof value === 'number') return value;
  const time = parseTime(String(value));
  if (Number.isNaN(time)) {
    const forms =
      "neither a timestamp such as '2026-01-31 12:00:00.000' nor milliseconds since 1970";
    throw new RecordFault('BAD_TYPE', `its arrival at ${column.path} is ${forms}`);
  }
  return time;
}

function parseTime(text: string): number {
  if (/^-?\d+(?:\.\d+)?$/.test(text)) {
    const ms = Math.floor(Number(text));
    return inRange(ms) ? ms : Number.NaN;
  }
  const bytes = Buffer.from(text);
  const iso = isoTime(bytes, 0, bytes.length);
  return Number.isNaN(iso) ? logTime(bytes, 0, bytes.length) : iso;
}
