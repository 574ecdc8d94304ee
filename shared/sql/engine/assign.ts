import { bucketEnd, bucketStart } from '../../windows/bucket.ts';
import { RowError } from '../errors.ts';
import type { AggregateNode, Bucket, DistinctNode, TopNode } from '../plan.ts';
import { compile } from '../run/compile.ts';
import type { Row, Value } from '../types.ts';
import { groupKey, itemText } from './keys.ts';

/** Which event times are taken; null: any. */
export interface TimeSettings {
  /** How long after the end of its window a record may arrive. */
  readonly latenessMs: number | null;
  /** How far ahead of its arrival an event may say it happened. */
  readonly skewMs: number | null;
}

/** Start and end of the window, and the ROWTIME of its result; one object, used again. */
export interface WindowTime {
  start: number;
  end: number;
  rowtime: number;
}

export interface KeyFunctions {
  readonly window: (row: Row) => WindowTime;
  readonly values: (row: Row, time: WindowTime) => Value[];
  readonly key: (values: readonly Value[]) => string;
}

export function compileKey(
  node: AggregateNode | TopNode | DistinctNode,
  settings: TimeSettings,
): KeyFunctions {
  if (node.kind !== 'aggregate') return compileTableFunctionKey(node);
  const groups = node.groups.map((group) => ({ ...group, of: compile(group.expr) }));
  const arrivals = groups.filter((g) => g.role === 'arrival');
  const event = groups.find((g) => g.role === 'event');
  const time: WindowTime = { start: 0, end: 0, rowtime: 0 };
  const checkEvent = eventCheck(settings);
  const window = (row: Row): WindowTime => {
    time.start = time.end = time.rowtime = Number.POSITIVE_INFINITY;
    for (const { of, bucket } of arrivals) {
      const start = bucketStart(of(row) as number, bucket as Bucket);
      const end = bucketEnd(start, bucket as Bucket);
      if (end < time.rowtime) {
        time.rowtime = time.end = end;
        time.start = start;
      }
    }
    if (event !== undefined) {
      const at = event.of(row) as number | null;
      if (at === null) throw new RowError('NO_EVENT_TIME', 'the event time is NULL');
      time.start = bucketStart(at, event.bucket as Bucket);
      time.end = bucketEnd(time.start, event.bucket as Bucket);
      checkEvent(at, time.end, row[0] as number);
    }
    return time;
  };
  const valueFns = groups.map(({ of, bucket }) =>
    bucket === undefined
      ? of
      : (row: Row): Value => {
          const at = of(row) as number | null;
          return at === null ? null : bucketStart(at, bucket);
        },
  );
  const values = (row: Row): Value[] => valueFns.map((of) => of(row));
  return { window, values, key: groupKey(node.groups) };
}

function compileTableFunctionKey(node: TopNode | DistinctNode): KeyFunctions {
  const item = compile(node.item);
  const bucket: Bucket = { unit: 'ms', size: node.seconds * 1000 };
  const time: WindowTime = { start: 0, end: 0, rowtime: 0 };
  const window = (row: Row): WindowTime => {
    time.start = bucketStart(row[0] as number, bucket);
    time.end = time.rowtime = bucketEnd(time.start, bucket);
    return time;
  };
  if (node.kind === 'distinct') return { window, values: () => [], key: () => '' };
  const values = (row: Row): Value[] => [itemText(item(row))];
  return { window, values, key: ([text]) => text as string };
}

/** Lateness is decided by the record's own arrival, so that a replay decides the same (design 4.8). */
function eventCheck({ latenessMs, skewMs }: TimeSettings) {
  return (event: number, windowEnd: number, arrival: number): void => {
    if (skewMs !== null && event > arrival + skewMs) {
      const ahead = Math.round((event - arrival) / 1000);
      throw new RowError('FUTURE', `the event time is ${ahead} s ahead of the arrival`);
    }
    if (latenessMs !== null && arrival > windowEnd + latenessMs) {
      const late = Math.round((arrival - windowEnd) / 1000);
      throw new RowError('LATE', `arrived ${late} s after the end of its window`);
    }
  };
}
