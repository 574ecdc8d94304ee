import type * as Ast from '../ast.ts';
import type { InAppStream } from '../plan.ts';
import type { Column } from '../types.ts';
import { castHint } from './calls.ts';
import type { Context } from './context.ts';
import type { Item } from './query.ts';
import { nameHint, quoted, show } from './scope.ts';
import { compatible, convert, typeText } from './type-rules.ts';
import { literal, type Typed } from './typed.ts';

/**
 * Checks the column list of an INSERT; gives, for each item of the select, the column it goes
 * to. Null: reported.
 */
export function insertColumns(
  ctx: Context,
  target: InAppStream,
  names: readonly Ast.Name[] | null,
): readonly (Column | null)[] {
  if (names === null) return target.columns;
  const seen = new Set<string>();
  return names.map((name) => {
    if (seen.has(name.text)) {
      ctx.error('DUPLICATE_COLUMN', name.at, `${show(name)} is listed twice`);
    }
    seen.add(name.text);
    const column = target.columns.find((c) => c.name === name.text);
    if (column !== undefined) return column;
    const hint = nameHint(
      ctx.text,
      name,
      target.columns.map((c) => c.name),
    );
    const message = `${quoted(target.name)} has no column ${show(name)}`;
    ctx.error('UNKNOWN_COLUMN', name.at, message, hint);
    return null;
  });
}

/**
 * The select's items as values of the target's columns, in their order; a column that is not
 * listed gets NULL. Null and COLUMN_COUNT if the widths differ.
 */
export function fitInsert(
  ctx: Context,
  target: InAppStream,
  listed: readonly (Column | null)[],
  items: readonly Item[],
  selectAt: number,
): Typed[] | null {
  if (items.length !== listed.length) {
    ctx.error(
      'COLUMN_COUNT',
      selectAt,
      `the select gives ${items.length} columns, ${quoted(target.name)} takes ${listed.length} here`,
      `it takes ${listed.map((column) => (column ? quoted(column.name) : '?')).join(', ')}`,
    );
    return null;
  }
  const values = items.map(({ typed }, i) => {
    const column = listed[i];
    return column ? assign(ctx, target, column, typed) : typed;
  });
  return target.columns.map((column) => {
    const value = values[listed.indexOf(column)];
    return value ?? literal(selectAt, column.type, null);
  });
}

function assign(ctx: Context, target: InAppStream, column: Column, e: Typed): Typed {
  if (compatible(e.type, column.type)) return convert(e, column.type);
  ctx.error(
    'TYPE_MISMATCH',
    e.at,
    `${typeText(e.type)} does not go into column ${quoted(column.name)} ${typeText(column.type)} of ${quoted(target.name)}`,
    castHint(ctx.text, e, column.type),
  );
  return e;
}
