/** `\r\n`, `\n` and a lone `\r` each end one line. */
export const LINE_END = /\r\n|\n|\r/;

/**
 * Takes a text and an offset into it (UTF-16 units, as in the syntax tree), gives the place for
 * people: line and column from 1, a column is one character (code point).
 */
export function position(text: string, offset: number): { line: number; column: number } {
  const before = text.slice(0, offset).split(LINE_END);
  return { line: before.length, column: [...(before.at(-1) ?? '')].length + 1 };
}
