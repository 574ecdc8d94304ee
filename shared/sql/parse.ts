import { readFileSync } from 'node:fs';
import peggy from 'peggy';
import type { ColumnDef, Name, Statement } from './ast.ts';
import type { Diagnostic } from './diagnostics.ts';
import { tooDeep, tooNested } from './nesting.ts';
import { position } from './position.ts';
import { explainSyntax } from './syntax-error.ts';
import { RESERVED_WORDS, scan, type UnterminatedCode } from './tokens.ts';

export { position } from './position.ts';

export type Parsed<T> =
  | ({ readonly ok: true } & T)
  | { readonly ok: false; readonly errors: readonly Diagnostic[] };

/** A stream or table that a program finds outside itself, as an `-- input:` comment names it. */
export interface OutsideTable {
  readonly name: Name;
  readonly columns: readonly ColumnDef[];
}

/**
 * Takes a program, gives its syntax tree (ast.ts) or why it has none: SYNTAX or an UNTERMINATED_…
 * code. A syntax error ends the check, so there is never more than one. Throws nothing, whatever
 * the text is.
 */
export function parseProgram(text: string): Parsed<{ readonly statements: readonly Statement[] }> {
  const parsed = parseRule<readonly Statement[]>(text, 'Program');
  return parsed.ok ? { ok: true, statements: parsed.tree } : parsed;
}

/** Takes `NAME (column type, …)`, gives what it says; errors as parseProgram. */
export function parseOutsideTable(text: string): Parsed<{ readonly table: OutsideTable }> {
  const parsed = parseRule<OutsideTable>(text, 'OutsideTable');
  return parsed.ok ? { ok: true, table: parsed.tree } : parsed;
}

/** Takes `column type, …`, gives the columns; errors as parseProgram. */
export function parseColumns(text: string): Parsed<{ readonly columns: readonly ColumnDef[] }> {
  const parsed = parseRule<readonly ColumnDef[]>(text, 'Columns');
  return parsed.ok ? { ok: true, columns: parsed.tree } : parsed;
}

type StartRule = 'Program' | 'OutsideTable' | 'Columns';

function parseRule<T>(text: string, startRule: StartRule): Parsed<{ readonly tree: T }> {
  const fail = (at: number, code: string, message: string, hint?: string) => ({
    ok: false as const,
    errors: [{ code, message, ...position(text, at), ...(hint === undefined ? {} : { hint }) }],
  });
  const scanned = scan(text);
  if (!scanned.ok) return fail(scanned.at, scanned.code, ...UNTERMINATED[scanned.code]);
  const nested = tooNested(scanned.tokens);
  if (nested !== null) return fail(nested, 'SYNTAX', TOO_DEEP);
  const parser = sqlParser();
  try {
    const tree: unknown = parser.parse(text, { startRule, reserved: RESERVED_WORDS });
    const deep = tooDeep(tree);
    return deep === null ? { ok: true, tree: tree as T } : fail(deep, 'SYNTAX', TOO_DEEP);
  } catch (error) {
    if (!(error instanceof parser.SyntaxError)) throw error;
    const tokens = scanned.tokens;
    const offset = error.location.start.offset;
    const index = tokens.findIndex((token) => token.at + token.text.length > offset);
    const found = tokens[index];
    const at = found?.at ?? offset;
    // Without expectations it is a sentence of the grammar's own.
    if (!error.expected) return fail(at, 'SYNTAX', error.message);
    const before = found === undefined ? tokens : tokens.slice(0, index);
    const { message, hint } = explainSyntax(text, before, found, error.expected);
    return fail(at, 'SYNTAX', message, hint);
  }
}

const TOO_DEEP = 'this is nested too deeply: split it into several streams and pumps';

/** Message and hint. */
const UNTERMINATED: Record<UnterminatedCode, [string, string]> = {
  UNTERMINATED_STRING: [
    'the text that opens here has no closing quote',
    "a quote inside a text is written twice: 'it''s'",
  ],
  UNTERMINATED_IDENTIFIER: [
    'the name that opens here has no closing double quote',
    'a double quote inside a name is written twice: "a""b"',
  ],
  UNTERMINATED_COMMENT: ['the comment that opens here is never closed', 'close it with */'],
};

let parser: peggy.Parser | undefined;

/** Generated at first use (about 0.15 s): only the command line and the tests parse, functions run plans. */
function sqlParser(): peggy.Parser {
  parser ??= peggy.generate(readFileSync(new URL('./grammar.peggy', import.meta.url), 'utf8'), {
    allowedStartRules: ['Program', 'OutsideTable', 'Columns'],
  });
  return parser;
}
