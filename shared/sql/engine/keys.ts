import { isoTime } from '../../windows/bucket.ts';
import type { Group } from '../plan.ts';
import type { SqlType, Value } from '../types.ts';

/**
 * The text of a group's key: its grouping values joined by '|', in the order of GROUP BY. Left
 * out are the bucket that is the window itself and what `keyed: false` leaves out. Readable,
 * and one text per group: NULL is \\N, an empty text \\E, no values at all '*'.
 */
export function groupKey(groups: readonly Group[]): (values: readonly Value[]) => string {
  const events = groups.filter((g) => g.role === 'event');
  const arrivals = groups.filter((g) => g.role === 'arrival' && g.keyed);
  const window = events.length > 0 ? events[0] : arrivals.length === 1 ? arrivals[0] : undefined;
  const parts = groups.flatMap((group, index) =>
    group === window || !group.keyed ? [] : [{ index, text: keyText(group.type) }],
  );
  if (parts.length === 0) return () => '*';
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return (values) => only.text(values[only.index]!);
  return (values) => {
    let key = '';
    for (const { index, text } of parts)
      key += key === '' ? text(values[index]!) : `|${text(values[index]!)}`;
    return key;
  };
}

/** The text by which table functions tell items apart, and which ITEM shows. */
export function itemText(value: Value): string {
  return String(value);
}

/** The text of one value in a key. */
export function keyText(type: SqlType): (value: Value) => string {
  const time = type.name === 'TIMESTAMP';
  return (value) => {
    if (value === null) return '\\N';
    if (typeof value !== 'string') return time ? isoTime(value as number) : String(value);
    if (value === '') return '\\E';
    return escapeKey(value);
  };
}

/** A text as one part of a key: '|' stands between parts. */
export function escapeKey(text: string): string {
  return text.includes('|') || text.includes('\\') ? text.replace(/[|\\]/g, '\\$&') : text;
}
