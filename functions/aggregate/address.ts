import { createHash } from 'node:crypto';
import type { Application } from '../../shared/config/application.ts';
import type { ItemKey } from '../../shared/results/store.ts';
import type { Graph } from '../../shared/sql/engine/graph.ts';
import type { Node } from '../../shared/sql/plan.ts';
import { isoTime } from '../../shared/windows/bucket.ts';

/** DynamoDB takes 1,024 bytes: developerguide/Constraints.html#limits-partition-sort-keys */
const LONGEST_SORT_KEY = 1_024;
const HASHED_SORT_KEY = 900;

const DAY = 24 * 3_600_000;

/** Physical names, from the environment. */
export interface Tables {
  /** Stands before the logical name of an output's table. */
  readonly prefix: string;
  /** Holds what is not a result itself: partials behind HAVING, item counts, chained input. */
  readonly state: string;
}

export interface Address {
  readonly key: (window: number, sortKey: string) => ItemKey;
  /** `expires` of an item whose window ends at this time, epoch seconds; null: never. */
  readonly expires: (windowEnd: number) => number | null;
}

/** Where the rows of an output stream lie. */
export function outputAddress(
  application: Application,
  tables: Tables,
  graph: Graph,
  stream: string,
): Address {
  const output = application.outputs[stream]!;
  const name = `${application.name}.${stream}@${graph.generation(stream)}`;
  const keep = output.keepMs;
  return {
    key: keyOf(`${tables.prefix}${output.table}`, name, output.spread),
    expires: (end) =>
      keep === null ? null : seconds(Math.max(end + keep, lastTouch(application, end) ?? 0)),
  };
}

/** Where a node keeps what is not a result. */
export function stateAddress(
  application: Application,
  tables: Tables,
  graph: Graph,
  node: Node,
): Address {
  const name = `${application.name}.${node.id}@${graph.generation(node.into)}`;
  const expires = (end: number): number | null => {
    const last = lastTouch(application, end);
    return last === null ? null : seconds(last);
  };
  return { key: keyOf(tables.state, name, 4), expires };
}

/**
 * Sort keys of one stream's rows: where several pumps write into it, the pump's name stands
 * before the group's key, so that equal groups of two pumps stay two rows.
 */
export function sortKeyPrefix(graph: Graph, node: Node): string {
  return graph.writers(node.into).length > 1 ? `${node.pump}|` : '';
}

/** No record can touch a window's items after this time (design section 4.8). */
function lastTouch(application: Application, windowEnd: number): number | null {
  if (application.latenessMs === null) return null;
  return windowEnd + application.latenessMs + application.stream.retentionMs + 3 * DAY;
}

/**
 * One window's groups lie in `spread` partitions: a busy window is not one hot partition, and all
 * its groups are still a fixed few queries.
 */
function keyOf(table: string, name: string, spread: number): Address['key'] {
  return (window, sortKey) => ({
    table,
    pk: `${name}#${isoTime(window)}#${fnv1a(sortKey) % spread}`,
    sk: shorten(sortKey),
  });
}

function shorten(sortKey: string): string {
  // A UTF-16 unit is at most three bytes of UTF-8: short keys need no measuring.
  if (sortKey.length * 3 <= LONGEST_SORT_KEY) return sortKey;
  const bytes = Buffer.from(sortKey);
  if (bytes.length <= LONGEST_SORT_KEY) return sortKey;
  const digest = createHash('sha256').update(bytes).digest('base64url');
  return `${bytes.toString('utf8', 0, HASHED_SORT_KEY)}#${digest}`;
}

function seconds(ms: number): number {
  return Math.ceil(ms / 1000);
}

/** FNV-1a over UTF-16 units: spreads, costs little, is the same everywhere. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
