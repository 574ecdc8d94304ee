import { position } from './position.ts';
import { suggest } from './suggest.ts';
import type { Explanation } from './syntax-error.ts';
import { RESERVED_WORDS, type Token } from './tokens.ts';

/** Where parsing stopped. `expected` has the display names of grammar.peggy, and literals in quotes. */
export interface Spot {
  readonly text: string;
  readonly before: readonly Token[];
  /** The first token that does not fit; undefined at the end of the program. */
  readonly found: Token | undefined;
  readonly expected: ReadonlySet<string>;
}

export const CLAUSES = [
  'WHERE',
  'GROUP BY',
  'WINDOWED BY',
  'HAVING',
  'WINDOW',
  'ORDER BY',
  'UNION ALL',
];
const CLAUSE_ORDER =
  'the order is SELECT, FROM, WHERE, GROUP BY or WINDOWED BY, HAVING, WINDOW, ORDER BY';
const CLAUSE_RANKS: Readonly<Record<string, number>> = {
  FROM: 1,
  WHERE: 2,
  GROUP: 3,
  WINDOWED: 3,
  HAVING: 4,
  WINDOW: 5,
  ORDER: 6,
};

/** The finding about a clause behind one that it must stand before, or one that stands twice. */
export function misplacedClause(spot: Spot): Explanation | null {
  const { before, found } = spot;
  const word = keyword(found);
  const rank = CLAUSE_RANKS[word];
  if (rank === undefined || isOperandMissing(spot)) return null;
  const earlier = clausesOfSelect(before);
  const passed = earlier.find((clause) => CLAUSE_RANKS[clause]! >= rank);
  if (passed === undefined) return null;
  const name = clauseName(word);
  if (earlier.includes(word)) return { message: `${name} stands here for the second time` };
  return CLAUSE_RANKS[passed] === rank
    ? { message: `${clauseName(passed)} and ${name} exclude each other` }
    : { message: `${name} must stand before ${clauseName(passed)}`, hint: CLAUSE_ORDER };
}

/** What is probably wrong there and how to mend it, null when nothing can be said. */
export function hint(spot: Spot): string | null {
  for (const help of HELPS) {
    const found = help(spot);
    if (found !== null) return found;
  }
  return null;
}

function isOperandMissing({ expected }: Spot): boolean {
  return expected.has('CASE') || (expected.has('a name') && !expected.has('AS'));
}

/** The clause words of the select that is open behind `tokens`, in the order of the text. */
function clausesOfSelect(tokens: readonly Token[]): string[] {
  const clauses: string[] = [];
  let depth = 0;
  for (const token of tokens.toReversed()) {
    if (token.text === ')') depth += 1;
    else if (token.text === '(') depth -= 1;
    if (depth < 0 || (depth === 0 && (keyword(token) === 'SELECT' || token.text === ';'))) break;
    if (depth === 0 && keyword(token) in CLAUSE_RANKS) clauses.unshift(keyword(token));
  }
  return clauses;
}

function clauseName(word: string): string {
  return CLAUSES.find((clause) => clause.split(' ')[0] === word) ?? word;
}

function keyword(token: Token | undefined): string {
  return token?.kind === 'word' ? token.text.toUpperCase() : '';
}

export function show(token: Token | undefined): string {
  if (token === undefined) return 'the end of the program';
  const shown = token.text.length > 40 ? `${token.text.slice(0, 40)}…` : token.text;
  if (token.kind === 'text') return `the text ${shown}`;
  return token.kind === 'name' ? `the name ${shown}` : `"${shown}"`;
}

/** The first that knows something is heard. */
const HELPS: readonly ((spot: Spot) => string | null)[] = [
  trailingComma,
  foreignCharacter,
  statementStart,
  foreignClause,
  timeSpan,
  joinWindow,
  missingSemicolon,
  parentheses,
  reservedName,
  misspelled,
  missingComma,
];

function trailingComma({ before, found }: Spot): string | null {
  if (before.at(-1)?.text !== ',') return null;
  const ends = found === undefined || found.text === ')' || found.text === ';';
  if (!ends && !(keyword(found) in CLAUSE_RANKS)) return null;
  return `there is a comma too many before ${show(found)}`;
}

function foreignCharacter({ before, found }: Spot): string | null {
  const character = found?.kind === 'symbol' ? found.text : '';
  if (character === '`' || character === '[') return 'names are quoted with double quotes: "name"';
  if (/[“”„‘’‚]/.test(character)) return 'write straight quotes: "name", \'text\'';
  if (character === '=' && before.at(-1)?.text === '=') return 'equality is written with one "="';
  if (found?.kind === 'number' && /^\d+[A-Za-z_$]/.test(found.text)) {
    return 'a name that begins with a digit stands in double quotes';
  }
  if (/[^\x20-\x7e]/.test(character)) {
    const code = character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0');
    return `the character U+${code} can stand in quotes and comments only`;
  }
  return null;
}

function statementStart({ before, found, expected }: Spot): string | null {
  if (expected.has('PUMP') && keyword(before.at(-1)) !== 'OR') {
    return 'a program can create streams and pumps only';
  }
  if (!expected.has('CREATE') || !['SELECT', 'INSERT', 'WITH'].includes(keyword(found)))
    return null;
  return 'a query stands in a pump: CREATE OR REPLACE PUMP name AS INSERT INTO stream SELECT …';
}

/** They are no reserved words here, so they parse as an alias and the next token does not fit. */
function foreignClause({ before, found }: Spot): string | null {
  const foreign = [keyword(found), keyword(before.at(-1))].find((word) =>
    ['LIMIT', 'TOP', 'OFFSET', 'FETCH', 'QUALIFY', 'EMIT', 'WITHIN'].includes(word),
  );
  return foreign === undefined ? null : `this dialect has no ${foreign}`;
}

const UNIT = /^(YEAR|MONTH|DAY|HOUR|MINUTE|SECOND)(S?)$/;

/** 10 SECOND, INTERVAL 10 SECOND, INTERVAL '10' SECONDS. */
function timeSpan({ before, found, expected }: Spot): string | null {
  const last = before.at(-1);
  const bare = last?.kind === 'number' && UNIT.test(keyword(found));
  if (bare || (keyword(last) === 'INTERVAL' && found?.kind === 'number')) {
    return "a span of time is written with quotes: INTERVAL '10' SECOND";
  }
  const [, unit, plural] = UNIT.exec(keyword(found)) ?? [];
  if (!plural || !expected.has('a unit of time')) return null;
  return `units stand in the singular: ${unit}`;
}

function joinWindow({ found, expected }: Spot): string | null {
  if (keyword(found) !== 'OVER' || !expected.has('JOIN')) return null;
  return 'a window stands between the name of a stream and its alias: s OVER (…) AS a';
}

function missingSemicolon({ found, expected }: Spot): string | null {
  if (keyword(found) !== 'CREATE' || !expected.has('";"')) return null;
  return 'a semicolon is missing before this statement';
}

function parentheses({ text, before, found, expected }: Spot): string | null {
  const open: Token[] = [];
  for (const token of before) {
    if (token.text === '(') open.push(token);
    else if (token.text === ')') open.pop();
  }
  const innermost = open.at(-1);
  if (found?.text === ')' && innermost === undefined) return 'no parenthesis is open here';
  const ends = found === undefined || found.text === ';' || keyword(found) === 'CREATE';
  if (innermost === undefined || !expected.has('")"')) return null;
  if (!ends && !(keyword(found) in CLAUSE_RANKS)) return null;
  const { line, column } = position(text, innermost.at);
  return `the parenthesis that opens at ${line}:${column} is not closed`;
}

function reservedName({ found, expected }: Spot): string | null {
  if (!RESERVED_WORDS.has(keyword(found)) || !expected.has('a name') || expected.has('AS'))
    return null;
  // Where an operand or a window is missing, the next clause word is no attempt at a name.
  const missing = expected.has('CASE') || expected.has('"("');
  if (missing && keyword(found) in CLAUSE_RANKS) return null;
  return `${keyword(found)} is a reserved word: as a name it stands in double quotes`;
}

function misspelled({ before, found, expected }: Spot): string | null {
  const word = keyword(found);
  const keywords = [...expected]
    .filter((item) => /^[A-Z]{3}/.test(item))
    .map((item) => item.split(' ')[0]!);
  const meant = word.length > 3 && !RESERVED_WORDS.has(word) ? suggest(word, keywords) : null;
  if (meant !== null) return `did you mean ${meant}?`;
  // SELECT a FORM t: FORM is an alias, t does not fit.
  const earlier = keyword(before.at(-1));
  if (earlier.length < 4 || RESERVED_WORDS.has(earlier)) return null;
  const alias = suggest(earlier, ['FROM', 'JOIN', 'UNION', ...Object.keys(CLAUSE_RANKS)]);
  return alias === null ? null : `did you mean ${alias} where ${earlier} stands?`;
}

function missingComma({ found, expected }: Spot): string | null {
  if (!expected.has('","') || found === undefined) return null;
  if (found.kind === 'symbol' || RESERVED_WORDS.has(keyword(found))) return null;
  return `is a comma missing before ${show(found)}?`;
}
