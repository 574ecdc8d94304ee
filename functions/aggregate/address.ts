import { createHash } from 'node:crypto';
import type { Application } from '../../shared/config/application.ts';
import { expires, shorten } from '../../shared/results/item-key.ts';
import type { Attributes, ItemKey } from '../../shared/results/store.ts';
import type { Graph } from '../../shared/sql/engine/graph.ts';
import { escapeKey } from '../../shared/sql/engine/keys.ts';
import type { Node } from '../../shared/sql/plan.ts';
import { isoTime } from '../../shared/windows/bucket.ts';

const DAY = 24 * 3_600_000;

const STATE_SPREAD = 4;

/** Physical names, from the environment. */
export interface Tables {
  /** Stands before the logical name of an output's table. */
  readonly prefix: string;
  /** Holds what is not a result itself: partials behind HAVING, item counts, chained input. */
  readonly state: string;
  /** Tells generations of one program apart, once it was rebuilt; see pointer.ts. */
  readonly salt?: string;
  /** Seconds since 1970 before which nothing expires; a rebuild must not lose what it fills. */
  readonly keepUntil?: number;
}

export interface Address {
  readonly key: (window: number, sortKey: string) => ItemKey;
  /** The TTL attribute of an item whose window ends at this time; none: it is kept for ever. */
  readonly expiry: (windowEnd: number) => Attributes;
}

/** Where the rows of an output stream lie. */
export function outputAddress(
  application: Application,
  tables: Tables,
  graph: Graph,
  stream: string,
): Address {
  const { table, keepMs, spread } = application.outputs[stream]!;
  const name = outputName(application, graph, stream, tables.salt);
  return {
    key: keyOf(`${tables.prefix}${table}`, name, spread),
    expiry: (end) =>
      keepMs === null
        ? {}
        : expiry(Math.max(end + keepMs, lastTouch(application, end) ?? 0), tables),
  };
}

/** Where a node keeps what is not a result. */
export function stateAddress(
  application: Application,
  tables: Tables,
  graph: Graph,
  node: Node,
): Address {
  return {
    key: keyOf(tables.state, stateName(application, graph, node, tables.salt), STATE_SPREAD),
    expiry: (end) => {
      const last = lastTouch(application, end);
      return last === null ? {} : expiry(last, tables);
    },
  };
}

/** The beginning of an output's partition keys: the window and a slot follow. */
export function outputName(
  application: Application,
  graph: Graph,
  stream: string,
  salt = '',
): string {
  const { spread } = application.outputs[stream]!;
  return `${application.name}.${stream}@${generationOf(application, graph, stream, spread, salt)}`;
}

/** The same of what a node keeps. */
export function stateName(application: Application, graph: Graph, node: Node, salt = ''): string {
  const generation = generationOf(application, graph, node.into, STATE_SPREAD, salt);
  return `${application.name}.${node.id}@${generation}`;
}

/**
 * What stands before a row's sort key where a stream gets rows in several ways, so that equal keys
 * stay two rows: the nodes through which it came.
 */
export function sortKeyPrefix(graph: Graph, stream: string, origin: string): string {
  return waysInto(graph, stream) > 1 ? `${escapeKey(origin)}|` : '';
}

/** In how many ways results (or else rows of records) come into a stream. */
function waysInto(graph: Graph, stream: string): number {
  return graph
    .writers(stream)
    .reduce(
      (ways, node) =>
        ways +
        (graph.readsChangelog(node) && node.kind === 'project' ? waysInto(graph, node.from) : 1),
      0,
    );
}

/**
 * The rule's generation, and what else decides which item a record belongs to: another Kinesis
 * stream has other sequence numbers, another spread other partitions.
 */
function generationOf(
  { stream }: Application,
  graph: Graph,
  name: string,
  spread: number,
  salt: string,
): string {
  const salted = salt === '' ? [] : [salt];
  const text = JSON.stringify([graph.generation(name), stream.name, spread, ...salted]);
  return createHash('sha256').update(text).digest('hex').slice(0, 8);
}

/** No record can touch a window's items after this time (design section 4.8). */
export function lastTouch(application: Application, windowEnd: number): number | null {
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

/** The TTL attribute, no earlier than all of these tables have to last. */
function expiry(ms: number, { keepUntil = 0 }: Tables): Attributes {
  return expires(Math.max(ms, keepUntil * 1000));
}

/** FNV-1a over UTF-16 units: spreads, costs little, is the same everywhere. */
function fnv1a(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) {
    hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  }
  return hash >>> 0;
}
