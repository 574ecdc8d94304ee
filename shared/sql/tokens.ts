/** The program cut into tokens: for what the grammar cannot say well, not for parsing. */
export interface Token {
  readonly kind: 'word' | 'name' | 'text' | 'number' | 'symbol';
  readonly at: number;
  /** As written, with its quotes. */
  readonly text: string;
}

export type Scan =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly code: UnterminatedCode; readonly at: number };

export type UnterminatedCode =
  | 'UNTERMINATED_STRING'
  | 'UNTERMINATED_IDENTIFIER'
  | 'UNTERMINATED_COMMENT';

/** The words that are no names without quotes (dialect section 1); all others are. */
export const RESERVED_WORDS: ReadonlySet<string> = new Set(
  `SELECT FROM WHERE GROUP HAVING WINDOW WINDOWED ORDER UNION JOIN INNER LEFT RIGHT FULL CROSS ON
  AS AND OR NOT OVER CASE WHEN THEN ELSE END BY IN IS BETWEEN LIKE SIMILAR DISTINCT PARTITION CREATE
  INSERT TABLE CURSOR ROWS RANGE DESC ASC NULL INTERVAL PRECEDING TO FOR STREAM ESCAPE IGNORE RESPECT
  WITHIN`.split(/\s+/),
);

const SKIPPED = /[ \t\r\n\f\v\uFEFF]+|(?:--|\/\/)[^\r\n]*/y;
const WORD = /[A-Za-z_][\w$]*/y;
/** Takes letters behind the digits as well: 12abc is one token, and a wrong one. */
const NUMBER = /(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[\w$]*/y;
const SYMBOL = /<=|>=|<>|!=|\|\||./suy;

/**
 * Takes a program, gives its tokens without comments and white space, or the first quote or
 * comment that is never closed. Time is linear in the text.
 */
export function scan(text: string): Scan {
  const tokens: Token[] = [];
  for (let at = 0; at < text.length; ) {
    const skipped = match(SKIPPED, text, at) ?? blockComment(text, at);
    if (skipped === 'open') return { ok: false, code: 'UNTERMINATED_COMMENT', at };
    if (skipped !== null) {
      at += skipped.length;
      continue;
    }
    const token = nextToken(text, at);
    if ('code' in token) return { ok: false, ...token };
    tokens.push(token);
    at += token.text.length;
  }
  return { ok: true, tokens };
}

function nextToken(text: string, at: number): Token | { code: UnterminatedCode; at: number } {
  if (text[at] === "'") {
    const quoted = quotedAt(text, at, "'");
    return quoted === null
      ? { code: 'UNTERMINATED_STRING', at }
      : { kind: 'text', at, text: quoted };
  }
  if (text[at] === '"') {
    const quoted = quotedAt(text, at, '"');
    return quoted === null
      ? { code: 'UNTERMINATED_IDENTIFIER', at }
      : { kind: 'name', at, text: quoted };
  }
  const word = match(WORD, text, at);
  if (word !== null) return { kind: 'word', at, text: word };
  const number = match(NUMBER, text, at);
  if (number !== null) return { kind: 'number', at, text: number };
  return { kind: 'symbol', at, text: match(SYMBOL, text, at) ?? '' };
}

/** A doubled quote stands for one; two in a row right after the opening one are an empty text. */
function quotedAt(text: string, at: number, quote: string): string | null {
  let end = text.indexOf(quote, at + 1);
  while (end >= 0 && text[end + 1] === quote) end = text.indexOf(quote, end + 2);
  return end < 0 ? null : text.slice(at, end + 1);
}

function blockComment(text: string, at: number): string | 'open' | null {
  if (!text.startsWith('/*', at)) return null;
  const end = text.indexOf('*/', at + 2);
  return end < 0 ? 'open' : text.slice(at, end + 2);
}

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}
