import { outputName, sortKeyPrefix, stateName } from '../functions/aggregate/address.ts';
import { placementOf } from '../functions/aggregate/placement.ts';
import type { Application } from '../shared/config/application.ts';
import type { Graph } from '../shared/sql/engine/graph.ts';
import type { AggregateNode, Group, Node } from '../shared/sql/plan.ts';
import { columnNames, exprText, type SlotName, spanText } from '../shared/sql/text.ts';
import { KINDS, streamText } from './draw.ts';
import { paint } from './io.ts';

/** Every pump with its parts: what it does, whether it merges across shards, what it stores. */
export function describePumps(application: Application, graph: Graph, color: boolean): string {
  const pumps = Map.groupBy(graph.nodes, ({ pump }) => pump);
  return [...pumps]
    .map(([pump, nodes]) => {
      const parts = nodes.map((node, i) => {
        const head = nodes.length > 1 ? `  part ${i + 1}\n` : '';
        const lines = linesOf(node, application, graph);
        const width = Math.max(...lines.map(([label]) => label.length));
        const text = lines.map(([label, value]) => {
          const painted = paint(color, 'dim', label.padEnd(width));
          return `  ${painted}  ${value}`;
        });
        return head + text.join('\n');
      });
      return `${paint(color, 'bold', `PUMP ${pump}`)}\n${parts.join('\n')}`;
    })
    .join('\n\n');
}

type Line = readonly [label: string, value: string];

function linesOf(node: Node, application: Application, graph: Graph): Line[] {
  const { plan } = graph;
  const input = columnNames((plan.streams[node.from] ?? plan.source).columns);
  const results = graph.readsChangelog(node) ? ' (merged results, which may still change)' : '';
  return [
    ['kind', KINDS[node.kind]],
    ['reads', streamText(graph, node.from, 'writer') + results],
    ['writes', streamText(graph, node.into, 'reader')],
    ...(node.where === null ? [] : [['filter', exprText(node.where, input)] as const]),
    ...bodyOf(node, graph, input),
    ['shards', shardsText(node, application, graph)],
    ...storedLines(node, application, graph),
  ];
}

function bodyOf(node: Node, graph: Graph, input: SlotName): Line[] {
  const columns = graph.plan.streams[node.into]?.columns ?? [];
  if (node.kind === 'project') {
    return node.select.map((expr, i) => [
      i === 0 ? 'select' : '',
      selectText(expr, columns[i]?.name, input),
    ]);
  }
  if (node.kind !== 'aggregate') {
    const what =
      node.kind === 'top' ? `the ${node.k} most frequent values of ` : 'different values of ';
    return [
      ['window', `${spanText({ unit: 'ms', size: node.seconds * 1000 })} of ROWTIME`],
      ['counts', what + exprText(node.item, input)],
    ];
  }
  const keys = node.groups.filter(({ role }) => role === 'key');
  const group = groupNames(node, input);
  const aggregates = node.aggregates.map((_, i) => group(1 + node.groups.length + i));
  return [
    ['window', windowText(node.groups, input)],
    ['key', keys.map(({ expr }) => exprText(expr, input)).join(', ') || 'none: one row a window'],
    ['aggregates', aggregates.join(', ') || 'none'],
    ...(node.having === null ? [] : [['having', exprText(node.having, group)] as const]),
    ...node.select.map(
      (expr, i): Line => [i === 0 ? 'select' : '', selectText(expr, columns[i]?.name, group)],
    ),
  ];
}

function selectText(
  expr: AggregateNode['select'][number],
  name: string | undefined,
  of: SlotName,
): string {
  return `${name ?? ''} = ${exprText(expr, of)}`;
}

/** The slots of a group row: its ROWTIME, the groups, the aggregates. */
function groupNames({ groups, aggregates }: AggregateNode, input: SlotName): SlotName {
  return (slot) => {
    if (slot === 0) return 'ROWTIME';
    const group = groups[slot - 1];
    if (group !== undefined) return groupText(group, input);
    const { fn, arg } = aggregates[slot - 1 - groups.length]!;
    return `${fn.toUpperCase()}(${arg === null ? '*' : exprText(arg, input)})`;
  };
}

function groupText({ expr, bucket }: Group, input: SlotName): string {
  const text = exprText(expr, input);
  return bucket === undefined ? text : `start of ${spanText(bucket)} of ${text}`;
}

/** The window is the event's bucket where there is one; the arrival's then says when it is reported. */
function windowText(groups: readonly Group[], input: SlotName): string {
  const of = (group: Group): string =>
    `${spanText(group.bucket!)} of ${exprText(group.expr, input)}`;
  const events = groups.filter(({ role }) => role === 'event').map(of);
  const arrivals = groups.filter(({ role }) => role === 'arrival');
  if (events.length === 0) return arrivals.map(of).join(', ');
  const reported = arrivals.map(of).join(', ');
  return arrivals.some(({ keyed }) => keyed)
    ? `${events.join(', ')}, and ${reported}`
    : `${events.join(', ')}; that of ROWTIME is not part of the key, so late rows merge`;
}

/** Whether the shards' shares of a result become one, and by which writes. */
function shardsText(node: Node, application: Application, graph: Graph): string {
  const isOutput = application.outputs[node.into] !== undefined;
  if (node.kind === 'project') {
    if (!isOutput) return 'row by row, nothing stored';
    return graph.readsChangelog(node)
      ? 'row by row over merged results: a newer revision is written'
      : 'row by row, one item for each row of a record: a repeat writes it again';
  }
  if (node.kind === 'top') {
    return 'merges: one UpdateItem per value: adds; for the list: read, merge, conditional write';
  }
  if (node.kind === 'distinct') return 'merges: read, merge the set, conditional write';
  if (graph.readsChangelog(node)) {
    return "merges: read, put in each result's newest share, conditional write";
  }
  return placement(node, application, graph).additive
    ? 'merges: one UpdateItem per group: adds'
    : 'merges: read, merge, conditional write per group';
}

/** What lies in which table under which key. */
function storedLines(node: Node, application: Application, graph: Graph): Line[] {
  const output = application.outputs[node.into];
  const state = stateKept(node, application, graph);
  const lines: Line[] = state === null ? [] : [['state', `table "state": ${state}`]];
  if (output === undefined) return lines;
  const name = outputName(application, graph, node.into);
  const prefix = sortKeyPrefix(graph, node.into, originOf(graph, node));
  const key = `pk ${name}#${windowStart(node, graph)}#${spread(output.spread)}`;
  return [
    ...lines,
    ['table', `"${output.table}": ${key}`],
    ['', `sk ${prefix}${sortKey(node, graph)}`],
  ];
}

/** What is no result itself: partials behind HAVING or behind no output, counts of items, sets. */
function stateKept(node: Node, application: Application, graph: Graph): string | null {
  if (node.kind === 'project') return null;
  const name = stateName(application, graph, node);
  if (node.kind === 'aggregate' && placement(node, application, graph).isResult) return null;
  const sk = {
    aggregate: sortKey(node, graph),
    top: "item|<value>, and 'top'",
    distinct: 'distinct',
  };
  return `pk ${name}#<window start>#${spread(4)}, sk ${sk[node.kind]}`;
}

function spread(count: number): string {
  return count === 1 ? '0' : `<0…${count - 1}>`;
}

function windowStart(node: Node, graph: Graph): string {
  return node.kind === 'project' && !graph.readsChangelog(node)
    ? '<minute of arrival>'
    : '<window start>';
}

/** Grouping values in the order of GROUP BY, without the window itself. */
function sortKey(node: Node, graph: Graph): string {
  if (node.kind === 'top') return 'top';
  if (node.kind === 'distinct') return 'distinct';
  if (node.kind === 'project') {
    if (!graph.readsChangelog(node)) return '<shard>:<sequence number>.<sub>.<row>';
    return sortKey(graph.writers(node.from)[0]!, graph);
  }
  const input = columnNames((graph.plan.streams[node.from] ?? graph.plan.source).columns);
  const events = node.groups.filter(({ role }) => role === 'event');
  const arrivals = node.groups.filter(({ role, keyed }) => role === 'arrival' && keyed);
  const window = events[0] ?? (arrivals.length === 1 ? arrivals[0] : undefined);
  const parts = node.groups
    .filter((group) => group !== window && group.keyed)
    .map((group) => `<${groupText(group, input)}>`);
  return parts.join('|') || '*';
}

function placement(node: AggregateNode, application: Application, graph: Graph) {
  const tables = { prefix: '', state: 'state' };
  return placementOf(node, { application, tables, graph });
}

/** The nodes through which its rows come, the aggregate first, as the functions write it. */
function originOf(graph: Graph, node: Node): string {
  if (node.kind !== 'project' || !graph.readsChangelog(node)) return node.id;
  return `${originOf(graph, graph.writers(node.from)[0]!)}>${node.id}`;
}
