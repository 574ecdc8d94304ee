/** One step down: into a key, into the element at an index, or into every element. */
export type Step = { readonly key: string } | { readonly index: number } | 'each';

const FORMS: readonly (readonly [RegExp, (text: string) => Step])[] = [
  [/\.([^.*[\]'"\s]+)/y, (key) => ({ key })],
  [/\[(\d{1,9})\]/y, (index) => ({ index: Number(index) })],
  [/\[0:\]/y, () => 'each'],
  [/\['((?:[^'\\]|\\.)*)'\]/y, (quoted) => ({ key: withoutBackslashes(quoted) })],
  [/\["((?:[^"\\]|\\.)*)"\]/y, (quoted) => ({ key: withoutBackslashes(quoted) })],
];

/**
 * Reads the JSONPath subset of dialect section 11: `$`, `$.a.b`, `$.a[0]`, `$['a b']`, `$["a"]`,
 * `$.list[0:].x` (a row for each element) and `$.list[0:]` (the text of the list).
 * Throws an Error that says what does not fit and where.
 */
export function parsePath(path: string): Step[] {
  if (!path.startsWith('$')) throw new Error(`path ${path}: a path begins with $, as in $.a.b`);
  const steps: Step[] = [];
  let at = 1;
  while (at < path.length) {
    const [step, length] = stepAt(path, at);
    steps.push(step);
    at += length;
  }
  if (steps.at(-1) === 'each') steps.pop();
  if (steps.filter((step) => step === 'each').length > 1) {
    throw new Error(`path ${path}: a row for each element of one list only, not of lists in lists`);
  }
  return steps;
}

/** The step written at `at`, and how many characters it takes. */
function stepAt(path: string, at: number): [Step, number] {
  for (const [pattern, read] of FORMS) {
    pattern.lastIndex = at;
    const match = pattern.exec(path);
    if (match !== null) return [read(match[1] ?? ''), match[0].length];
  }
  const forms = ".key, ['any key'], [0] or [0:]";
  throw new Error(`path ${path}: no step at column ${at + 1}; write ${forms}`);
}

function withoutBackslashes(quoted: string): string {
  return quoted.replace(/\\(.)/gs, '$1');
}
