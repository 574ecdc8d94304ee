import type { ColumnDef } from './ast.ts';
import type { Diagnostic } from './diagnostics.ts';
import { parseOutsideTable } from './parse.ts';
import { scan } from './tokens.ts';

/** What a program finds outside itself; `at` is the offset of the name in the program's text. */
export interface OutsideComment {
  readonly name: string;
  readonly columns: readonly ColumnDef[];
  readonly at: number;
}

export interface OutsideComments {
  /** `-- input: NAME (columns)`: source streams. */
  readonly inputs: readonly OutsideComment[];
  /** `-- reference: NAME (columns)`: reference tables. */
  readonly references: readonly OutsideComment[];
  /** Comments of this form that do not parse. */
  readonly errors: readonly Diagnostic[];
}

const OUTSIDE = /^[ \t\uFEFF]*--[ \t]*(input|reference)[ \t]*:/i;

/**
 * Takes a program, gives the schema that the comments above its first statement name. Names and
 * columns are written as in SQL: without quotes they are upper case. Offsets count in the whole text.
 */
export function parseInputComments(text: string): OutsideComments {
  const inputs: OutsideComment[] = [];
  const references: OutsideComment[] = [];
  const errors: Diagnostic[] = [];
  for (const { line, at } of headLines(text)) {
    const head = OUTSIDE.exec(line);
    if (head === null) continue;
    // All else is blanked, so that every place is one in the program.
    const blank = text.slice(0, at + head[0].length).replaceAll(/[^\r\n]/g, ' ');
    const parsed = parseOutsideTable(blank + line.slice(head[0].length));
    if (!parsed.ok) {
      errors.push(...parsed.errors);
      continue;
    }
    const { name, columns } = parsed.table;
    const into = head[1]?.toLowerCase() === 'input' ? inputs : references;
    into.push({ name: name.text, columns, at: name.at });
  }
  return { inputs, references, errors };
}

/** The lines above the first token, with their offsets. */
function headLines(text: string): { line: string; at: number }[] {
  const scanned = scan(text);
  // What is never closed is parseProgram's to report.
  const end = scanned.ok ? (scanned.tokens[0]?.at ?? text.length) : text.length;
  const lines = text.slice(0, end).matchAll(/[^\r\n]+/g);
  return [...lines].map(({ 0: line, index }) => ({ line, at: index }));
}
