import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
} from 'yaml';
import type { Diagnostic } from '../sql/diagnostics.ts';
import { LINE_END } from '../sql/position.ts';
import { suggest } from '../sql/suggest.ts';
import { parseDuration } from './duration.ts';
import { type ListRule, type MapRule, type ObjectRule, optionsRule, type Rule } from './rules.ts';
import { readScalar } from './scalars.ts';

export type Path = readonly (string | number)[];

export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface Reading<T> {
  /** As far as it could be read: what is wrong is missing. Null if the text is no YAML mapping. */
  readonly value: T | null;
  readonly diagnostics: Diagnostic[];
  /** Where the value at a path stands, or its key; for what is missing, where its parent stands. */
  at(path: Path, part?: 'key' | 'value'): Place;
}

interface Context {
  readonly document: Document;
  readonly lines: LineCounter;
  readonly places: Map<string, Place>;
  report(code: string, message: string, place: Place, hint?: string | null): void;
}

/**
 * Reads YAML by a rule, strictly, and reports everything that is wrong at once.
 * `T` is what the rule reads: `Read<typeof RULE>`.
 */
export function readYaml<T>(text: string, rule: ObjectRule): Reading<T> {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const diagnostics: Diagnostic[] = [];
  const context: Context = {
    document,
    lines,
    places: new Map([[placeKey([], 'value'), { line: 1, column: 1 }]]),
    report: (code, message, place, hint) =>
      diagnostics.push({ code, message, ...place, ...(hint ? { hint } : {}) }),
  };
  // After the first syntax error the parser guesses, and most of the others follow from it.
  const broken = document.errors.find(({ code }) => code !== 'DUPLICATE_KEY');
  for (const error of broken ? [broken] : [...document.errors, ...document.warnings]) {
    const { line, col } = lines.linePos(error.pos[0]);
    const code = error.code === 'DUPLICATE_KEY' ? 'DUPLICATE_KEY' : 'YAML';
    const hint = error === broken ? quoteHint(text.split(LINE_END)[line - 1] ?? '') : null;
    context.report(code, error.message, { line, column: col }, hint);
  }
  // After a syntax error the tree is a guess, and what it lacks would be reported for nothing.
  const readable = diagnostics.every((diagnostic) => diagnostic.code === 'DUPLICATE_KEY');
  const value = readable
    ? (read(document.contents as Node | null, rule, [], context) as T | undefined)
    : undefined;
  return { value: value ?? null, diagnostics, at: (path, part) => find(context, path, part) };
}

/** In a flow map, `[` in a value that has no quotes begins a list. */
function quoteHint(line: string): string | null {
  const path = /[^\s"':,{]*\$\.[^\s"',}]*\[[^\s"',}]*/.exec(line)?.[0];
  return path === undefined ? null : `write the path in quotes: "${path}"`;
}

function read(node: Node | null, rule: Rule, path: Path, context: Context): unknown {
  if (isAlias(node)) return read(node.resolve(context.document) ?? null, rule, path, context);
  if (node?.range) context.places.set(placeKey(path, 'value'), placeOf(node, context));
  const place = find(context, path);
  const refuse = (what: string, hint?: string | null) => {
    context.report('WRONG_VALUE', `${name(path)} ${what}`, place, hint);
    return undefined;
  };
  if (rule.kind === 'notBuilt') {
    const key = find(context, path, 'key');
    context.report('NOT_BUILT', `${name(path)} is not built yet`, key, 'remove this key');
    return undefined;
  }
  if (node === null || (isScalar(node) && node.value === null)) return refuse('is empty');
  if (rule.kind === 'object' || rule.kind === 'map') {
    if (rule.kind === 'object' && rule.short && isScalar(node)) {
      return {
        ...readDefaults(rule),
        [rule.short]: read(node, rule.keys[rule.short]!.rule, path, context),
      };
    }
    if (rule.kind === 'object' && rule.word !== undefined && isScalar(node)) {
      if (node.value === rule.word) return readDefaults(rule);
      const near = suggest(String(node.value), [rule.word]);
      return refuse(`has to be ${rule.word}, or hold keys`, near && `did you mean ${near}?`);
    }
    if (!isMap(node)) {
      return refuse(`has to hold ${rule.kind === 'map' ? `${rule.what}s by name` : 'keys'}`);
    }
    const entries = entriesOf(node, path, context);
    return rule.kind === 'map'
      ? readMap(entries, rule, path, context)
      : readObject(entries, rule, path, context);
  }
  if (rule.kind === 'list') {
    return isSeq(node)
      ? readList(node.items as (Node | null)[], rule, path, context)
      : refuse(`has to be a list of ${rule.what}s`, `such as [${rule.what}, ${rule.what}]`);
  }
  if (rule.kind === 'choice' && rule.with && isMap(node)) {
    return readObject(entriesOf(node, path, context), optionsRule(rule.with), path, context);
  }
  return isScalar(node) ? readScalar(node.value, rule, refuse) : refuse('has to be one value');
}

type Entry = readonly [key: string, value: Node | null, place: Place];

function entriesOf(node: Node, path: Path, context: Context): Entry[] {
  if (!isMap(node)) return [];
  const entries: Entry[] = [];
  for (const { key, value } of node.items) {
    if (!isScalar(key)) {
      context.report('WRONG_KEY', 'a key has to be one word', placeOf(key as Node, context));
      continue;
    }
    // As written: 2024 and true are names here, not a number and a boolean.
    const text = typeof key.value === 'string' ? key.value : (key.source ?? String(key.value));
    const place = placeOf(key, context);
    context.places.set(placeKey([...path, text], 'key'), place);
    entries.push([text, value as Node | null, place]);
  }
  return entries;
}

function readObject(entries: Entry[], rule: ObjectRule, path: Path, context: Context) {
  const known = Object.keys(rule.keys);
  const values: [string, unknown][] = [];
  const found = new Set<string>();
  for (const [key, node, place] of entries) {
    if (!Object.hasOwn(rule.keys, key)) {
      const near = suggest(key, known);
      const hint = near ? `did you mean ${near}?` : `known keys: ${known.join(', ')}`;
      context.report('UNKNOWN_KEY', `${name([...path, key])} is not a known key`, place, hint);
      continue;
    }
    found.add(key);
    values.push([key, read(node, rule.keys[key]!.rule, [...path, key], context)]);
  }
  const parent = find(context, path, 'key');
  for (const [key, { required, about }] of Object.entries(rule.keys)) {
    if (required && !found.has(key)) {
      context.report('MISSING_KEY', `${name([...path, key])} is missing`, parent, about);
    }
  }
  if (rule.exactlyOne) {
    const given = rule.exactlyOne.filter((key) => found.has(key));
    if (given.length === 0) {
      context.report('MISSING_KEY', `${name(path)} needs ${rule.exactlyOne.join(' or ')}`, parent);
    }
    if (given.length > 1) {
      const place = find(context, [...path, given[1]!], 'key');
      const message = `${name(path)} can have ${given.join(' or ')}, not both`;
      context.report('CONFLICT', message, place, `remove one of them`);
    }
  }
  return { ...readDefaults(rule), ...Object.fromEntries(values) };
}

function readMap(entries: Entry[], rule: MapRule, path: Path, context: Context) {
  if (entries.length === 0) {
    context.report(
      'MISSING_KEY',
      `${name(path)} needs at least one ${rule.what}`,
      find(context, path),
    );
  }
  const names = new RegExp(rule.names);
  return Object.fromEntries(
    entries.map(([key, node, place]) => {
      if (!names.test(key)) {
        const message = `"${key}" cannot name a ${rule.what}: ${rule.namesAre}`;
        context.report('WRONG_NAME', message, place);
      }
      return [key, read(node, rule.of, [...path, key], context)];
    }),
  );
}

function readList(items: (Node | null)[], rule: ListRule, path: Path, context: Context) {
  if (items.length === 0) {
    const message = `${name(path)} needs at least one ${rule.what}`;
    context.report('MISSING_KEY', message, find(context, path));
  }
  return items.map((item, i) => read(item, rule.of, [...path, i], context));
}

/** What an object holds where the file says nothing. */
function readDefaults(rule: ObjectRule): Record<string, unknown> {
  const defaults: Record<string, unknown> = {};
  for (const [key, { rule: of, default: value }] of Object.entries(rule.keys)) {
    if (value === undefined) continue;
    if (of.kind === 'object') defaults[key] = readDefaults(of);
    else if (of.kind === 'duration') defaults[key] = parseDuration(String(value)) ?? value;
    else defaults[key] = value;
  }
  return defaults;
}

function placeOf(node: Node, { lines }: Context): Place {
  const { line, col } = lines.linePos(node.range?.[0] ?? 0);
  return { line: Math.max(1, line), column: Math.max(1, col) };
}

function find(
  { places }: Pick<Context, 'places'>,
  path: Path,
  part: 'key' | 'value' = 'value',
): Place {
  const place =
    places.get(placeKey(path, part)) ??
    places.get(placeKey(path, part === 'key' ? 'value' : 'key'));
  return (
    place ?? (path.length > 0 ? find({ places }, path.slice(0, -1), part) : { line: 1, column: 1 })
  );
}

function placeKey(path: Path, part: 'key' | 'value'): string {
  return JSON.stringify([part, ...path]);
}

function name(path: Path): string {
  return path.length > 0 ? path.join('.') : 'the file';
}
