import type * as Ast from '../ast.ts';
import type { InAppStream } from '../plan.ts';
import type { Column } from '../types.ts';
import type { Context } from './context.ts';
import { show } from './scope.ts';
import { resolveType } from './type-names.ts';
import { NULL } from './typed.ts';

/** The streams and pumps of a program with what OR REPLACE has replaced. */
export interface Declarations {
  readonly pumps: readonly DeclaredPump[];
  /** What is there in the end. */
  readonly streams: ReadonlyMap<string, InAppStream>;
}

export interface DeclaredPump {
  readonly pump: Ast.CreatePump;
  readonly replaced: boolean;
  /** The streams as this pump sees them: a replaced one never sees what came after it. */
  readonly streams: ReadonlyMap<string, InAppStream>;
}

/**
 * Collects the statements. DUPLICATE_… at a second name without OR REPLACE; the first one then
 * stays. `outside` are the names of source streams and reference tables: they cannot be replaced.
 */
export function declare(
  ctx: Context,
  statements: readonly Ast.Statement[],
  outside: ReadonlySet<string>,
): Declarations {
  const streams = new Map<string, InAppStream>();
  const versions: { index: number; stream: InAppStream }[] = [];
  const last = new Map<string, Ast.CreatePump>();
  const pumps: { index: number; pump: Ast.CreatePump }[] = [];
  for (const [index, statement] of statements.entries()) {
    const { name, replace } = statement;
    if (statement.kind === 'createPump') {
      if (last.has(name.text) && !replace) duplicate(ctx, 'PUMP', name);
      else last.set(name.text, statement);
      pumps.push({ index, pump: statement });
      continue;
    }
    const stream = declareStream(ctx, statement);
    if (outside.has(name.text)) duplicate(ctx, 'STREAM', name, 'it comes from outside the program');
    else if (streams.has(name.text) && !replace) duplicate(ctx, 'STREAM', name);
    else {
      streams.set(name.text, stream);
      versions.push({ index, stream });
    }
  }
  return {
    streams,
    pumps: pumps.map(({ index, pump }) => {
      const replaced = last.get(pump.name.text) !== pump;
      return { pump, replaced, streams: replaced ? seenAt(versions, index) : streams };
    }),
  };
}

/** The newest version before the statement, or the first one after it. */
function seenAt(
  versions: readonly { index: number; stream: InAppStream }[],
  at: number,
): Map<string, InAppStream> {
  const seen = new Map<string, InAppStream>();
  for (const { index, stream } of versions) {
    if (index < at || !seen.has(stream.name)) seen.set(stream.name, stream);
  }
  return seen;
}

function declareStream(ctx: Context, { name, columns }: Ast.CreateStream): InAppStream {
  return { name: name.text, columns: declareColumns(ctx, columns), declared: true };
}

/** Columns with their types; a wrong one is reported and then fits everything. */
export function declareColumns(ctx: Context, defs: readonly Ast.ColumnDef[]): Column[] {
  const seen = new Set<string>();
  return defs.map((def) => {
    if (seen.has(def.name.text)) {
      ctx.error('DUPLICATE_COLUMN', def.name.at, `there is a column ${show(def.name)} already`);
    }
    seen.add(def.name.text);
    const type = resolveType(ctx, def.type) ?? NULL;
    return { name: def.name.text, type, ...(def.notNull && { notNull: true }) };
  });
}

function duplicate(ctx: Context, what: 'STREAM' | 'PUMP', name: Ast.Name, why?: string): void {
  const kind = what.toLowerCase();
  ctx.error(
    `DUPLICATE_${what}`,
    name.at,
    `there is a ${kind} ${show(name)} already${why === undefined ? '' : `: ${why}`}`,
    why === undefined ? `write CREATE OR REPLACE ${what} to replace it` : 'choose another name',
  );
}
