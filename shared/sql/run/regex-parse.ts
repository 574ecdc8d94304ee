import { RowError } from '../errors.ts';

export type Assertion = '^' | '$' | '\\b' | '\\B';

/** A regular expression as a tree. */
export type RegexNode =
  | { readonly kind: 'char'; readonly test: (char: string) => boolean }
  | { readonly kind: 'assert'; readonly what: Assertion }
  | { readonly kind: 'sequence'; readonly items: readonly RegexNode[] }
  | { readonly kind: 'either'; readonly options: readonly RegexNode[] }
  | {
      readonly kind: 'repeat';
      readonly item: RegexNode;
      readonly min: number;
      readonly max: number;
      readonly greedy: boolean;
    };

interface Reader {
  readonly pattern: string;
  at: number;
  depth: number;
}

const DEEPEST = 50;
const COUNTS = /\{(\d{1,4})(?:(,)(\d{1,4})?)?\}/y;
const CLASS = /\[\^?\]?(?:[^\]\\[]|\\[\s\S])*\]/y;
const ESCAPE = /\\(?:[dDwWsSbBtnrf]|[^A-Za-z0-9])/y;

/**
 * Reads a regular expression in the common subset of Java and JavaScript: characters, `.`, classes,
 * \d \w \s \b, ^ $, groups, |, and * + ? {n,m} greedy or lazy. Throws RowError REGEX for all else.
 */
export function parseRegex(pattern: string): RegexNode {
  const reader: Reader = { pattern, at: 0, depth: 0 };
  const node = readEither(reader);
  if (reader.at < pattern.length) throw refused(reader, 'there is a ) without its (');
  return node;
}

function readEither(reader: Reader): RegexNode {
  if (++reader.depth > DEEPEST) throw refused(reader, `groups stand deeper than ${DEEPEST}`);
  const options = [readSequence(reader)];
  while (reader.pattern[reader.at] === '|') {
    reader.at++;
    options.push(readSequence(reader));
  }
  reader.depth--;
  return options.length === 1 ? options[0]! : { kind: 'either', options };
}

function readSequence(reader: Reader): RegexNode {
  const items: RegexNode[] = [];
  while (reader.at < reader.pattern.length && !'|)'.includes(reader.pattern[reader.at]!)) {
    items.push(readRepeat(reader, readAtom(reader)));
  }
  return { kind: 'sequence', items };
}

function readRepeat(reader: Reader, item: RegexNode): RegexNode {
  const [min, max] = readCounts(reader);
  if (min === 1 && max === 1) return item;
  if (max < min) throw refused(reader, 'a repeat has its maximum before its minimum');
  const next = reader.pattern[reader.at];
  if (next === '+' || next === '*') throw refused(reader, 'a repeat is repeated');
  if (next === '?') reader.at++;
  return { kind: 'repeat', item, min, max, greedy: next !== '?' };
}

function readCounts(reader: Reader): [number, number] {
  const char = reader.pattern[reader.at];
  if (char === '{') {
    const counts = take(reader, COUNTS, 'a { is no repeat like {2} or {2,5}');
    const [min, max] = counts.slice(1, -1).split(',');
    return [Number(min), max === undefined ? Number(min) : max === '' ? Infinity : Number(max)];
  }
  if (char !== '*' && char !== '+' && char !== '?') return [1, 1];
  reader.at++;
  return [char === '+' ? 1 : 0, char === '?' ? 1 : Infinity];
}

function readAtom(reader: Reader): RegexNode {
  const char = String.fromCodePoint(reader.pattern.codePointAt(reader.at)!);
  if (char === '(') return readGroup(reader);
  if (char === '[') return charNode(reader, take(reader, CLASS, 'a [ has no ]'));
  if (char === '\\') {
    const text = take(reader, ESCAPE, 'a \\ stands before what it does not go with');
    if (text === '\\b' || text === '\\B') return { kind: 'assert', what: text };
    return charNode(reader, /\\[\^$\\.*+?()[\]{}|/a-zA-Z]/.test(text) ? text : text.slice(1));
  }
  if ('*+?{'.includes(char)) throw refused(reader, `there is nothing for ${char} to repeat`);
  reader.at += char.length;
  if (char === '^' || char === '$') return { kind: 'assert', what: char };
  if (char === '.') return charNode(reader, '.');
  return { kind: 'char', test: (other) => other === char };
}

function readGroup(reader: Reader): RegexNode {
  reader.at++;
  if (reader.pattern.startsWith('?:', reader.at)) reader.at += 2;
  else if (reader.pattern[reader.at] === '?') throw refused(reader, '(? goes on only as (?:');
  const node = readEither(reader);
  if (reader.pattern[reader.at] !== ')') throw refused(reader, 'a ( has no )');
  reader.at++;
  return node;
}

/** One character is asked of JavaScript's own RegExp: without a repeat it cannot take long. */
function charNode(reader: Reader, source: string): RegexNode {
  try {
    const one = new RegExp(`^${source}$`, 'u');
    return { kind: 'char', test: (char) => one.test(char) };
  } catch {
    throw refused(reader, 'there is an unknown escape or class');
  }
}

function take(reader: Reader, shape: RegExp, problem: string): string {
  shape.lastIndex = reader.at;
  const found = shape.exec(reader.pattern)?.[0];
  if (found === undefined) throw refused(reader, problem);
  reader.at += found.length;
  return found;
}

function refused(reader: Reader, problem: string): RowError {
  return new RowError(
    'REGEX',
    `in a regular expression, near character ${reader.at + 1}: ${problem}`,
  );
}
