import type { Diagnostic } from '../diagnostics.ts';
import { parseInputComments } from '../input-comments.ts';
import { parseProgram, position } from '../parse.ts';
import type { Plan } from '../plan.ts';
import { type Finding, newContext } from './context.ts';
import { declareColumns } from './declarations.ts';
import { checkStatements, type Environment, type OutsideSchema } from './program.ts';
import { markKeyed, refuseOverResults, sortDrafts } from './topology.ts';
import { trim } from './trim.ts';

export type { Environment, OutsideSchema } from './program.ts';

export interface Checked {
  /** Violations of the dialect: codes and places of its section 13, in the order of the text. */
  readonly errors: readonly Diagnostic[];
  /** Valid constructs that are not executed yet, each with code NOT_BUILT. */
  readonly refused: readonly Diagnostic[];
  /** Null as soon as there is an error or a refusal. */
  readonly plan: Plan | null;
}

/**
 * Takes a program and what it finds outside itself (stored names), gives all its errors, or its
 * plan. A syntax error ends the check, so it comes alone. Throws nothing, whatever the text is.
 */
export function checkProgram(text: string, env: Environment): Checked {
  const parsed = parseProgram(text);
  if (!parsed.ok) return { errors: parsed.errors, refused: [], plan: null };
  const errors: Finding[] = [];
  const refused: Finding[] = [];
  const program = checkStatements(text, parsed.statements, env, errors, refused);
  const isClean = (): boolean => errors.length + refused.length === 0;
  let plan: Plan | null = null;
  if (isClean()) {
    const ctx = newContext(text, errors, refused);
    const sorted = sortDrafts(ctx, program.drafts);
    if (sorted !== null) {
      refuseOverResults(ctx, sorted);
      const nodes = markKeyed(
        sorted.map((draft) => draft.node),
        program.streams,
      );
      plan = trim(nodes, program.streams, program.source);
    }
  }
  return {
    errors: diagnostics(text, errors),
    refused: diagnostics(text, refused),
    plan: isClean() ? plan : null,
  };
}

/** As checkProgram, with the schema of the `-- input:` and `-- reference:` comments on top. */
export function checkText(text: string): Checked {
  const outside = parseInputComments(text);
  const found: Finding[] = [];
  const ctx = newContext(text, found, []);
  const schema = (list: typeof outside.inputs): OutsideSchema[] =>
    list.map(({ name, columns }) => ({ name, columns: declareColumns(ctx, columns) }));
  const env = { sources: schema(outside.inputs), references: schema(outside.references) };
  const comments = [...outside.errors, ...diagnostics(text, found)];
  const checked = checkProgram(text, env);
  if (comments.length === 0) return checked;
  return { ...checked, errors: [...comments, ...checked.errors], plan: null };
}

function diagnostics(text: string, findings: readonly Finding[]): Diagnostic[] {
  return [...findings]
    .sort((a, b) => a.at - b.at)
    .map(({ code, at, message, hint }) => ({
      code,
      message,
      ...position(text, at),
      ...(hint !== undefined && { hint }),
    }));
}
