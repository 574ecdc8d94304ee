import { terminalWidth } from '../observe/terminal-width.ts';
import type { Diagnostic } from './diagnostics.ts';
import { LINE_END } from './position.ts';

export { suggest } from './suggest.ts';

/** Longer source lines are cut around the column. */
const MAX_SHOWN = 120;
const TAB = 4;

/**
 * Takes a diagnostic and the text it is about, gives what a person reads on a terminal:
 * `file:line:column: message [CODE]`, the source line, a caret under the column, the hint. Tabs
 * become four blanks; characters of double width (CJK, emoji) are approximated. Control characters of
 * the source never reach the terminal.
 */
export function renderDiagnostic(
  diagnostic: Diagnostic,
  text: string,
  file: string,
  { color }: { color: boolean },
): string {
  const { code, message, line, column, hint } = diagnostic;
  const paint = (style: keyof typeof STYLES, what: string) =>
    color ? `\u001b[${STYLES[style]}m${what}\u001b[0m` : what;
  const place = paint('bold', `${file}:${line}:${column}:`);
  const gutter = `${line} | `;
  const { shown, caret } = excerpt(text.split(LINE_END)[line - 1] ?? '', column);
  const lines = [
    `${place} ${printable(message)} ${paint('dim', `[${code}]`)}`,
    `${paint('dim', gutter)}${shown}`.trimEnd(),
    `${' '.repeat(gutter.length + caret)}${paint('red', '^')}`,
  ];
  if (hint !== undefined) lines.push(`${paint('cyan', 'hint:')} ${printable(hint)}`);
  return lines.join('\n');
}

const STYLES = { bold: 1, dim: 2, red: 31, cyan: 36 };

/** The part of the line to show, and how many terminal columns of it stand before the caret. */
function excerpt(line: string, column: number): { shown: string; caret: number } {
  const characters = [...line];
  const start = characters.length > MAX_SHOWN ? Math.max(0, column - MAX_SHOWN / 2) : 0;
  const end = start + MAX_SHOWN;
  const lead = start > 0 ? '…' : '';
  const before =
    lead +
    characters
      .slice(start, column - 1)
      .map(printable)
      .join('');
  const behind = characters
    .slice(column - 1, end)
    .map(printable)
    .join('');
  return {
    shown: before + behind + (end < characters.length ? '…' : ''),
    caret: terminalWidth(before),
  };
}

function printable(text: string): string {
  return text.replaceAll('\t', ' '.repeat(TAB)).replaceAll(/\p{Cc}/gu, '\uFFFD');
}
