import type { BatchResult } from '../shared/sql/engine/batch.ts';
import type { InAppStream, Plan } from '../shared/sql/plan.ts';
import type { Column } from '../shared/sql/types.ts';
import { type Io, paint } from './io.ts';
import { plural } from './program.ts';
import { renderTable } from './table.ts';
import { isNumeric, rowJson, valueText } from './values.ts';

/** What a program is for: the declared streams that no pump of it reads, or all declared ones. */
export function shownStreams({ streams, nodes }: Plan, all: boolean): InAppStream[] {
  const read = new Set(nodes.map(({ from }) => from));
  return Object.values(streams).filter(
    ({ name, declared }) => declared && (all || !read.has(name)),
  );
}

const ROWTIME: Column = { name: 'ROWTIME', type: { name: 'TIMESTAMP' } };

/** One aligned table for each stream, ROWTIME first. */
export function printTables(
  streams: readonly InAppStream[],
  result: BatchResult,
  { out }: Io,
): void {
  for (const [index, { name, columns }] of streams.entries()) {
    const rows = result.streams.get(name) ?? [];
    const title = `${paint(out.color, 'bold', name)} (${plural(rows.length, 'row')})`;
    out.write(`${index > 0 ? '\n' : ''}${title}\n`);
    if (rows.length === 0) continue;
    const table = [ROWTIME, ...columns].map((column, slot) => ({
      heading: column.name,
      isNumeric: isNumeric(column.type),
      cells: rows.map((row) => valueText(row[slot] ?? null, column.type)),
    }));
    out.write(renderTable(table, out.color));
  }
}

/** Rows of one piece of text: few writes, no text of all of them. */
const ROWS_AT_ONCE = 1_000;

export function printJson(
  streams: readonly InAppStream[],
  result: BatchResult,
  withRowtime: boolean,
  { out }: Io,
): void {
  for (const { name, columns } of streams) {
    const rows = result.streams.get(name) ?? [];
    const stream = JSON.stringify(name);
    const json = withRowtime
      ? (row: (typeof rows)[number]) => rowJson([ROWTIME, ...columns], [null, ...row])
      : (row: (typeof rows)[number]) => rowJson(columns, row);
    for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
      const lines = rows.slice(from, from + ROWS_AT_ONCE);
      out.write(lines.map((row) => `{"stream":${stream},"row":${json(row)}}\n`).join(''));
    }
  }
}
