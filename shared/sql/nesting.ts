import type { Token } from './tokens.ts';

/**
 * Parser, checker and compiler are recursive: without a bound, a hostile program ends in a stack
 * overflow instead of an answer. The parser alone stands more than three times these bounds.
 */
const MAX_NESTING = 128;
const MAX_DEPTH = 500;

/** The offset of the first parenthesis or CASE that is nested too deeply, null when there is none. */
export function tooNested(tokens: readonly Token[]): number | null {
  let depth = 0;
  for (const { kind, text, at } of tokens) {
    const token = kind === 'word' ? text.toUpperCase() : text;
    if (token === '(' || token === 'CASE') depth += 1;
    else if (token === ')' || token === 'END') depth -= 1;
    if (depth > MAX_NESTING) return at;
  }
  return null;
}

/**
 * The offset of a node that lies too deep in the tree, null when there is none. Long chains
 * (a + a + …, NOT NOT …) are deep trees without any parenthesis.
 */
export function tooDeep(tree: unknown): number | null {
  const pending: { value: unknown; depth: number }[] = [{ value: tree, depth: 0 }];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { value, depth } = next;
    if (value === null || typeof value !== 'object') continue;
    const inner = depth + ('kind' in value ? 1 : 0);
    if (inner > MAX_DEPTH && 'at' in value) return Number(value.at);
    for (const child of Object.values(value)) pending.push({ value: child, depth: inner });
  }
  return null;
}
