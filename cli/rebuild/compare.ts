import { outputName } from '../../functions/aggregate/address.ts';
import type { Application } from '../../shared/config/application.ts';
import type { Attributes } from '../../shared/results/store.ts';
import { addDecimalText, exactText, newSum } from '../../shared/sql/decimal.ts';
import type { Graph } from '../../shared/sql/engine/graph.ts';
import type { Node } from '../../shared/sql/plan.ts';
import { renderTable } from '../table.ts';
import { createTally, type Figures, nameOf, windowOf } from './figures.ts';

/** All items of a table, page by page. */
export type Scan = (table: string) => AsyncIterable<readonly Attributes[]>;

export interface Comparison {
  readonly outputs: readonly OutputComparison[];
  /** Rows of windows that began before the first record that was read. */
  readonly older: { readonly live: number; readonly rebuilt: number };
  /** Rows of windows that have not ended, or have just ended: both generations still move there. */
  readonly moving: { readonly live: number; readonly rebuilt: number };
  readonly isEqual: boolean;
}

export interface OutputComparison {
  readonly output: string;
  readonly live: Figures;
  readonly rebuilt: Figures;
}

export interface Compared {
  readonly application: Application;
  readonly graph: Graph;
  /** Physical table of an output. */
  readonly tableOf: (output: string) => string;
  readonly live: string;
  readonly rebuilt: string;
  /** Windows that began before cannot be compared: their records have left the stream. */
  readonly since: number;
  /** Windows that end later still move. */
  readonly until: number;
}

/** Reads both generations of all outputs and counts; one pass over each table, nothing is kept. */
export async function compare(
  { application, graph, tableOf, live, rebuilt, since, until }: Compared,
  scan: Scan,
  onPage: (items: number) => void,
): Promise<Comparison> {
  const outputs = Object.keys(application.outputs).map((output) => ({
    output,
    ends: windowEnd(graph, output),
    live: createTally(),
    rebuilt: createTally(),
  }));
  const byName = new Map(
    outputs.flatMap((one) =>
      (['live', 'rebuilt'] as const).map((side) => {
        const salt = side === 'live' ? live : rebuilt;
        return [outputName(application, graph, one.output, salt), { ...one, side }] as const;
      }),
    ),
  );
  const older = { live: 0, rebuilt: 0 };
  const moving = { live: 0, rebuilt: 0 };
  let items = 0;
  for (const table of new Set(outputs.map(({ output }) => tableOf(output)))) {
    for await (const page of scan(table)) {
      for (const item of page) {
        const found = byName.get(nameOf(item));
        if (found === undefined || item._gone !== undefined) continue;
        const start = Date.parse(windowOf(item));
        if (start < since) older[found.side]++;
        else if (found.ends(start) > until) moving[found.side]++;
        else found[found.side].take(item);
      }
      items += page.length;
      onPage(items);
    }
  }
  const compared = outputs.map((one) => ({
    output: one.output,
    live: one.live.figures(),
    rebuilt: one.rebuilt.figures(),
  }));
  const isEqual = compared.every((one) => one.live.digest === one.rebuilt.digest);
  return { outputs: compared, older, moving, isEqual: isEqual && older.live === older.rebuilt };
}

/** Rows, sums of the numbers, and whether every column of every row is the same. */
export function comparisonTable({ outputs }: Comparison, color: boolean): string {
  const lines = outputs.flatMap(({ output, live, rebuilt }) => {
    const columns = [...new Set([...live.sums.keys(), ...rebuilt.sums.keys()])];
    const rows = [String(live.rows), String(rebuilt.rows)] as const;
    const isSame = live.digest === rebuilt.digest;
    return [
      { output, figure: 'rows', live: rows[0], rebuilt: rows[1], difference: minus(...rows) },
      ...columns.map((column) => {
        const [was, is] = [live.sums.get(column) ?? '0', rebuilt.sums.get(column) ?? '0'];
        const difference = minus(was, is);
        return { output: '', figure: `sum of ${column}`, live: was, rebuilt: is, difference };
      }),
      {
        output: '',
        figure: 'all columns',
        live: '',
        rebuilt: '',
        difference: isSame ? 'same' : 'differ',
      },
    ];
  });
  const column = (heading: keyof (typeof lines)[number], isNumeric: boolean) => ({
    heading,
    isNumeric,
    cells: lines.map((line) => line[heading]),
  });
  return renderTable(
    [
      column('output', false),
      column('figure', false),
      column('live', true),
      column('rebuilt', true),
      column('difference', true),
    ],
    color,
  );
}

/** Rebuilt minus live, exactly; signed. */
function minus(live: string, rebuilt: string): string {
  const sum = newSum();
  addDecimalText(sum, rebuilt);
  addDecimalText(sum, live.startsWith('-') ? live.slice(1) : `-${live}`);
  const text = exactText(sum);
  return text === '0' ? '-' : text.startsWith('-') ? text : `+${text}`;
}

const MINUTE = 60_000;

/** When a window of an output ends that starts at a time. */
function windowEnd(graph: Graph, stream: string): (start: number) => number {
  const lengths = graph.writers(stream).map((node) => lengthOf(graph, node));
  const longest = lengths.reduce((most, ms) => Math.max(most, ms), MINUTE);
  return (start) => start + longest;
}

/** An upper bound: a month is taken for 31 days. Rows of records lie by the minute. */
function lengthOf(graph: Graph, node: Node): number {
  if (node.kind === 'top' || node.kind === 'distinct') return node.seconds * 1_000;
  if (node.kind === 'aggregate') {
    const buckets = node.groups.flatMap(({ bucket }) => bucket ?? []);
    const ms = buckets.map(({ unit, size }) => (unit === 'ms' ? size : size * 31 * 86_400_000));
    return Math.max(MINUTE, ...ms);
  }
  const inner = graph.writers(node.from).map((writer) => lengthOf(graph, writer));
  return Math.max(MINUTE, ...inner);
}
