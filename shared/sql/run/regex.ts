import { RowError } from '../errors.ts';
import { type Assertion, parseRegex, type RegexNode } from './regex-parse.ts';

/**
 * The search of SUBSTRING(s FROM 'regex'): the first match in a text, null without one. JavaScript's
 * RegExp can take exponential time on a hostile text, which would hold up a whole shard; this follows
 * all ways through the expression side by side, in text times expression. Throws RowError REGEX.
 */
export function regexSearch(pattern: string): (text: string) => string | null {
  const program: Step[] = [];
  emit(parseRegex(pattern), program);
  program.push({ op: 'match' });
  return (text) => search(program, text);
}

/** Addresses are indexes into the program; of a fork's two, the first is preferred. */
type Step =
  | { readonly op: 'char'; readonly test: (char: string) => boolean }
  | { readonly op: 'assert'; readonly what: Assertion }
  | { readonly op: 'fork'; first: number; second: number }
  | { readonly op: 'match' };

/** Counted repeats are written out: this bounds what a pattern costs for each character. */
const LONGEST = 2000;

function emit(node: RegexNode, program: Step[]): void {
  if (program.length > LONGEST) {
    throw new RowError('REGEX', `a regular expression is too large (over ${LONGEST} steps)`);
  }
  if (node.kind === 'char') program.push({ op: 'char', test: node.test });
  else if (node.kind === 'assert') program.push({ op: 'assert', what: node.what });
  else if (node.kind === 'sequence') for (const item of node.items) emit(item, program);
  else if (node.kind === 'either') emitEither(node.options, program);
  else emitRepeat(node, program);
}

function emitEither(options: readonly RegexNode[], program: Step[]): void {
  const [option, ...others] = options;
  if (others.length === 0) {
    emit(option!, program);
    return;
  }
  const fork = pushFork(program);
  emit(option!, program);
  const jump = pushFork(program);
  fork.second = program.length;
  emitEither(others, program);
  jump.first = jump.second = program.length;
}

function emitRepeat(node: RegexNode & { kind: 'repeat' }, program: Step[]): void {
  const { item, min, max, greedy } = node;
  for (let i = 0; i < min; i++) emit(item, program);
  if (max === Infinity) {
    const at = program.length;
    const fork = pushFork(program);
    emit(item, program);
    const back = pushFork(program);
    back.first = back.second = at;
    leave(fork, program.length, greedy);
    return;
  }
  const forks = [];
  for (let i = min; i < max; i++) {
    forks.push(pushFork(program));
    emit(item, program);
  }
  for (const fork of forks) leave(fork, program.length, greedy);
}

/** A fork to the next step; its second way is set later. */
function pushFork(program: Step[]): { op: 'fork'; first: number; second: number } {
  const fork = { op: 'fork' as const, first: program.length + 1, second: program.length + 1 };
  program.push(fork);
  return fork;
}

function leave(fork: { first: number; second: number }, to: number, greedy: boolean): void {
  if (greedy) fork.second = to;
  else {
    fork.second = fork.first;
    fork.first = to;
  }
}

/** The ways that are alive at one place of the text, best first: their steps and where they began. */
interface Ways {
  readonly steps: number[];
  readonly starts: number[];
}

function search(program: readonly Step[], text: string): string | null {
  // The place where a step was last reached: each place reaches a step once, by its best way.
  const reached = new Int32Array(program.length).fill(-1);
  let ways: Ways = { steps: [], starts: [] };
  let found: string | null = null;
  for (let at = 0; ; ) {
    if (found === null) follow(program, text, at, 0, at, ways, reached);
    if (ways.steps.length === 0 && found !== null) return found;
    const char = at < text.length ? String.fromCodePoint(text.codePointAt(at)!) : '';
    const next: Ways = { steps: [], starts: [] };
    const after = at + char.length;
    for (let i = 0; i < ways.steps.length; i++) {
      const step = program[ways.steps[i]!]!;
      if (step.op === 'match') {
        found = text.slice(ways.starts[i]!, at);
        break;
      }
      if (step.op === 'char' && char !== '' && step.test(char)) {
        follow(program, text, after, ways.steps[i]! + 1, ways.starts[i]!, next, reached);
      }
    }
    if (char === '') return found;
    ways = next;
    at = after;
  }
}

/** Adds the steps that wait for a character, reached from `step` without reading one. */
function follow(
  program: readonly Step[],
  text: string,
  at: number,
  step: number,
  start: number,
  ways: Ways,
  reached: Int32Array,
): void {
  const open = [step];
  for (let here = open.pop(); here !== undefined; here = open.pop()) {
    if (reached[here] === at) continue;
    reached[here] = at;
    const next = program[here]!;
    if (next.op === 'fork') open.push(next.second, next.first);
    else if (next.op !== 'assert') {
      ways.steps.push(here);
      ways.starts.push(start);
    } else if (holds(next.what, text, at)) open.push(here + 1);
  }
}

const WORD = /\w/;

function holds(what: Assertion, text: string, at: number): boolean {
  if (what === '^') return at === 0;
  if (what === '$') return at === text.length;
  const edge = WORD.test(text[at - 1] ?? '') !== WORD.test(text[at] ?? '');
  return edge === (what === '\\b');
}
