import type { parser as Peg } from 'peggy';
import { CLAUSES, hint, misplacedClause, type Spot, show } from './syntax-hints.ts';
import type { Token } from './tokens.ts';

export interface Explanation {
  readonly message: string;
  readonly hint?: string;
}

/**
 * Takes the tokens before the place where parsing stopped, the one found there (undefined: the end)
 * and what the grammar could have gone on with, gives a sentence for people and, for frequent
 * mistakes, the mend.
 */
export function explainSyntax(
  text: string,
  before: readonly Token[],
  found: Token | undefined,
  expectations: readonly Peg.Expectation[],
): Explanation {
  const expected = new Set(expectations.map(describe));
  const spot: Spot = { text, before, found, expected };
  const misplaced = misplacedClause(spot);
  if (misplaced !== null) return misplaced;
  const mend = hint(spot);
  return {
    message: `expected ${sentence(readable(expected))} but found ${show(found)}`,
    ...(mend === null ? {} : { hint: mend }),
  };
}

const OPERATOR = 'an operator';
const END = 'the end';

function describe(expectation: Peg.Expectation): string {
  if (expectation.type === 'other') return expectation.description;
  if (expectation.type === 'end') return END;
  // peggy joins one-character alternatives; in this grammar these are operators.
  if (expectation.type === 'class') return OPERATOR;
  return expectation.type === 'literal' ? `"${expectation.text}"` : 'a character';
}

const EXPRESSION_STARTS =
  'CASE CAST CEIL CEILING CURSOR DATE DISTINCT EXTRACT FALSE FLOOR INTERVAL NOT NULL OVERLAY POSITION STEP SUBSTRING TIME TIMESTAMP TRIM TRUE ALL BOTH LEADING TRAILING'
    .split(' ')
    .concat('a number', 'a text in single quotes', 'a name', 'a function', '"("', OPERATOR);
const OPERATORS = 'AND OR IS IN LIKE SIMILAR BETWEEN NOT "||" "<=" ">=" "<>" "!="'
  .split(' ')
  .concat(OPERATOR);
const TYPE_WORDS = ['BINARY', 'CHAR', 'CHARACTER', 'DOUBLE', 'INTERVAL', 'a type'];
const JOINS = ['JOIN', 'INNER', 'LEFT', 'RIGHT', 'FULL', 'CROSS'];
/** True but of no help beside anything else. */
const NOISE = ['"."', 'OVER', 'IGNORE', 'RESPECT', 'ASC', 'DESC', 'ALL', '"*"'];
const MOST = 6;

/** Dozens of tokens may fit inside an expression: gives the few ideas behind them, the nearest first. */
function readable(expected: ReadonlySet<string>): string[] {
  let left = [...expected];
  const replace = (these: readonly string[], by: string) => {
    left = [...left.filter((item) => !these.includes(item)), by];
  };
  if (expected.has('CASE') && expected.has('INTERVAL')) replace(EXPRESSION_STARTS, 'an expression');
  if (expected.has('"||"') || expected.has('LIKE')) {
    // BETWEEN … AND and POSITION(… IN …) mean this very word.
    const meant = [expected.has('OR') ? '' : 'AND', expected.has('LIKE') ? '' : 'IN'];
    replace(
      OPERATORS.filter((item) => !meant.includes(item)),
      OPERATOR,
    );
  }
  if (expected.has('a type')) replace(TYPE_WORDS, 'a type');
  if (expected.has('JOIN') && expected.has('CROSS')) replace(JOINS, 'a join');
  if (expected.has('AS')) left = left.filter((item) => item !== 'a name');
  const clauses = CLAUSES.filter((clause) => expected.has(clause));
  if (clauses.length > 2) replace(clauses, `a clause (${clauses[0]} …)`);
  const useful = left.filter((item) => !NOISE.includes(item));
  if (useful.length > 0) left = useful;
  if (left.length > 2) left = left.filter((item) => item !== '"("');
  return left.sort(byNearness).slice(0, MOST);
}

/** What ends a program or a statement stands last, general ideas before that. */
function byNearness(a: string, b: string): number {
  const rank = (item: string) => {
    if (item === END) return 4;
    if (item === '";"') return 3;
    if (item.startsWith('a clause') || item === 'a join') return 2;
    return item === OPERATOR ? 1 : 0;
  };
  return rank(a) - rank(b) || (a < b ? -1 : 1);
}

function sentence(items: readonly string[]): string {
  const last = items.at(-1) ?? END;
  return items.length < 2 ? last : `${items.slice(0, -1).join(', ')} or ${last}`;
}
