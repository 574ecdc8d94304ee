import type { ColumnDef, From } from '../shared/sql/ast.ts';
import { type Checked, checkProgram, checkText } from '../shared/sql/check/check.ts';
import { type Finding, newContext } from '../shared/sql/check/context.ts';
import { declareColumns } from '../shared/sql/check/declarations.ts';
import type { Diagnostic } from '../shared/sql/diagnostics.ts';
import { parseInputComments } from '../shared/sql/input-comments.ts';
import { parseColumns, parseOutsideTable, parseProgram, position } from '../shared/sql/parse.ts';
import type { Column } from '../shared/sql/types.ts';

/** The name of the source in programs that come from the old service. */
export const SOURCE = 'SOURCE_SQL_STREAM_001';

/** The columns of the input stream: under a name, or (null) of the one stream that the program lacks. */
export interface SchemaFile {
  readonly tables: readonly { readonly name: string | null; readonly columns: readonly Column[] }[];
  readonly references: readonly { readonly name: string; readonly columns: readonly Column[] }[];
  readonly errors: readonly Diagnostic[];
}

/**
 * Reads what stands in a --schema file: `NAME (column TYPE, …)`, the columns alone, or comments as
 * they stand above a program (`-- input: …`, `-- reference: …`).
 */
export function parseSchema(text: string): SchemaFile {
  const found: Finding[] = [];
  const ctx = newContext(text, found, []);
  const declared = (columns: readonly ColumnDef[]) => declareColumns(ctx, columns);
  const withErrors = (schema: Omit<SchemaFile, 'errors'>, others: readonly Diagnostic[] = []) => {
    const wrong = found.map(({ code, at, message, hint }) => ({
      code,
      message,
      ...position(text, at),
      ...(hint !== undefined && { hint }),
    }));
    return { ...schema, errors: [...others, ...wrong] };
  };

  const comments = parseInputComments(text);
  if (comments.inputs.length + comments.references.length + comments.errors.length > 0) {
    const tables = comments.inputs.map(({ name, columns }) => ({
      name,
      columns: declared(columns),
    }));
    const references = comments.references.map(({ name, columns }) => ({
      name,
      columns: declared(columns),
    }));
    return withErrors({ tables, references }, comments.errors);
  }
  const statement = text.replace(/;\s*$/, '');
  const table = parseOutsideTable(statement);
  if (table.ok) {
    const { name, columns } = table.table;
    return withErrors({
      tables: [{ name: name.text, columns: declared(columns) }],
      references: [],
    });
  }
  const alone = parseColumns(statement);
  if (alone.ok) {
    return withErrors({
      tables: [{ name: null, columns: declared(alone.columns) }],
      references: [],
    });
  }
  // The form that was meant is the one that fits further.
  const [first, second] = [table.errors[0]!, alone.errors[0]!];
  const further =
    second.line > first.line || (second.line === first.line && second.column > first.column);
  return { tables: [], references: [], errors: [further ? second : first] };
}

/**
 * Checks a program whose source has these columns, under the name that the program calls it by:
 * the first of `names` that it reads and does not declare, or whatever else it lacks.
 */
export function checkWith(
  text: string,
  columns: readonly Column[],
  names: readonly string[] = [SOURCE],
): Checked {
  const lacking = lackingStreams(text);
  const name = names.find((one) => lacking.includes(one)) ?? lacking[0] ?? names[0] ?? SOURCE;
  return checkProgram(text, { sources: [{ name, columns }] });
}

/** Whether comments above the program say what it reads. */
export function hasComments(text: string): boolean {
  const { inputs, errors } = parseInputComments(text);
  return inputs.length + errors.length > 0;
}

/** Checks a program of which nothing says what it reads: it tells which ways there are. */
export function checkAlone(text: string): Checked {
  const checked = checkText(text);
  return { ...checked, errors: checked.errors.map(withWays) };
}

function withWays(error: Diagnostic): Diagnostic {
  if (error.code !== 'UNKNOWN_STREAM') return error;
  const hint =
    error.hint === undefined
      ? WAYS
      : `${error.hint}${error.hint.endsWith('?') ? ' Or' : '; or'} ${WAYS}`;
  return { ...error, message: `${error.message} whose columns are known`, hint };
}

const WAYS =
  'give the columns of the input stream in a streams.yml that names this program (in or above this ' +
  "folder or the program's, or --config FILE), with --schema FILE, or in a comment above the program: " +
  `-- input: ${SOURCE} ("name" VARCHAR(64), "value" DOUBLE)`;

/** The streams that the program reads and does not declare, in the order of the text. */
function lackingStreams(text: string): string[] {
  const parsed = parseProgram(text);
  if (!parsed.ok) return [];
  const declared = parsed.statements.flatMap((statement) =>
    statement.kind === 'createStream' ? [statement.name.text] : [],
  );
  return [...new Set(streamsIn(parsed.statements))].filter((name) => !declared.includes(name));
}

/** The tree is plain data: a FROM may stand anywhere in it, also inside a CURSOR. */
function streamsIn(tree: unknown): string[] {
  if (typeof tree !== 'object' || tree === null) return [];
  const below = Object.values(tree).flatMap(streamsIn);
  if (!('kind' in tree) || tree.kind !== 'stream') return below;
  return [(tree as Extract<From, { kind: 'stream' }>).name.text, ...below];
}
