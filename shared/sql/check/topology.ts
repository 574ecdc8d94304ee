import type { AggregateNode, InAppStream, Node } from '../plan.ts';
import type { Context } from './context.ts';
import type { Draft } from './state.ts';
import { inputExprs, slotsOf } from './walk.ts';

/**
 * The nodes in an order in which every stream is written before it is read; of several orders the
 * one nearest to the program's. Refuses cycles of pumps: null.
 */
export function sortDrafts(ctx: Context, drafts: readonly Draft[]): Draft[] | null {
  const waiting = new Set(drafts);
  const sorted: Draft[] = [];
  const writers = new Map<string, number>();
  const count = ({ node }: Draft, by: number): void => {
    writers.set(node.into, (writers.get(node.into) ?? 0) + by);
  };
  for (const draft of drafts) count(draft, 1);
  const isReady = ({ node }: Draft): boolean => (writers.get(node.from) ?? 0) === 0;
  while (waiting.size > 0) {
    const next = [...waiting].find(isReady);
    if (next === undefined) {
      const { at, path } = findCycle([...waiting]);
      ctx.refuse(at, `a cycle of pumps (${path.join(' -> ')})`);
      return null;
    }
    waiting.delete(next);
    count(next, -1);
    sorted.push(next);
  }
  return sorted;
}

/** Goes upstream until a stream comes again. */
function findCycle(drafts: readonly Draft[]): { at: number; path: string[] } {
  const seen: Draft[] = [];
  let draft = drafts[0]!;
  while (!seen.includes(draft)) {
    seen.push(draft);
    draft = drafts.find((other) => other.node.into === draft.node.from)!;
  }
  const downstream = seen.slice(seen.indexOf(draft)).reverse();
  const at = Math.min(...downstream.map(({ fromAt }) => fromAt));
  const start = downstream.findIndex(({ fromAt }) => fromAt === at);
  const cycle = [...downstream.slice(start), ...downstream.slice(0, start)];
  return { at, path: [cycle[0]!.node.from, ...cycle.map(({ node }) => node.into)] };
}

/** What the rows of a stream are: records, or results that later records may still change. */
interface Nature {
  records: boolean;
  results: boolean;
  /** Results of a table function, whose rows come and go. */
  ranked: boolean;
  /** By slot: a result keeps this value for ever, so that it can be a group of another one. */
  fixed: boolean[];
}

/**
 * Refuses what the engine cannot do with results that still change. The drafts are in
 * topological order, `source` is the one stream that no node writes.
 */
export function refuseOverResults(ctx: Context, drafts: readonly Draft[]): void {
  const natures = new Map<string, Nature>();
  for (const { node, fromAt, groupAts } of drafts) {
    const input = natures.get(node.from) ?? RECORDS;
    if (input.results) refuseNode(ctx, node, fromAt, groupAts, input);
    const output = natureOf(node, input);
    const other = natures.get(node.into);
    natures.set(node.into, other === undefined ? output : merge(other, output));
  }
}

const RECORDS: Nature = { records: true, results: false, ranked: false, fixed: [] };

function refuseNode(
  ctx: Context,
  node: Node,
  fromAt: number,
  groupAts: readonly number[],
  input: Nature,
): void {
  if (input.records) {
    ctx.refuse(
      fromAt,
      `reading ${node.from}, which mixes rows of records with results of GROUP BY,`,
    );
  } else if (node.kind === 'top' || node.kind === 'distinct') {
    ctx.refuse(fromAt, 'a table function over results of GROUP BY');
  } else if (node.kind === 'aggregate' && input.ranked) {
    ctx.refuse(
      fromAt,
      'GROUP BY over the rows of TOP_K_ITEMS_TUMBLING or COUNT_DISTINCT_ITEMS_TUMBLING',
    );
  } else if (node.kind === 'aggregate') {
    for (const [i, group] of node.groups.entries()) {
      if (slotsOf(group.expr).every((slot) => input.fixed[slot] ?? true)) continue;
      ctx.refuse(
        groupAts[i] ?? fromAt,
        'GROUP BY on a value that an aggregate gives, and that may still change,',
      );
    }
  }
}

function natureOf(node: Node, input: Nature): Nature {
  switch (node.kind) {
    case 'project': {
      const isFixed = (slot: number): boolean => input.fixed[slot] ?? true;
      const fixed = node.select.map((e) => slotsOf(e).every(isFixed));
      return { ...input, fixed: [true, ...fixed] };
    }
    case 'aggregate': {
      const isGroup = (slot: number): boolean => slot <= node.groups.length;
      const fixed = node.select.map((e) => slotsOf(e).every(isGroup));
      return { records: false, results: true, ranked: false, fixed: [true, ...fixed] };
    }
    default:
      return { records: false, results: true, ranked: true, fixed: [true] };
  }
}

function merge(a: Nature, b: Nature): Nature {
  const width = Math.max(a.fixed.length, b.fixed.length);
  return {
    records: a.records || b.records,
    results: a.results || b.results,
    ranked: a.ranked || b.ranked,
    fixed: Array.from({ length: width }, (_, i) => (a.fixed[i] ?? true) && (b.fixed[i] ?? true)),
  };
}

/**
 * Decides which arrival buckets are part of a result's key. Beside a bucket of event time, one that
 * nothing looks at is not: late rows then merge into the result they belong to (design section 5).
 */
export function markKeyed(
  nodes: readonly Node[],
  streams: ReadonlyMap<string, InAppStream>,
): Node[] {
  const looked = rowtimeReaders(nodes, streams);
  return nodes.map((node) => {
    if (node.kind !== 'aggregate' || !node.groups.some((g) => g.role === 'event')) return node;
    const own = new Set(groupRowSlots(node));
    const end = own.has(0) || looked.has(node.into);
    const groups = node.groups.map((group, i) =>
      group.role === 'arrival' ? { ...group, keyed: end || own.has(i + 1) } : group,
    );
    return { ...node, groups };
  });
}

function groupRowSlots({ having, select, order }: AggregateNode): number[] {
  return [having, ...select, ...order.map((o) => o.expr)].flatMap(slotsOf);
}

/** The streams whose ROWTIME some node looks at, itself or behind projections that pass it on. */
function rowtimeReaders(
  nodes: readonly Node[],
  streams: ReadonlyMap<string, InAppStream>,
): Set<string> {
  const looked = new Set<string>();
  // Backwards in topological order: what is behind a node is known before the node.
  for (const node of [...nodes].reverse()) {
    const looks =
      node.kind !== 'project' ||
      looked.has(node.into) ||
      inputExprs(node).some((e) => slotsOf(e).includes(0));
    if (looks && streams.has(node.from)) looked.add(node.from);
  }
  return looked;
}
