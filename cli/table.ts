import { terminalWidth } from '../shared/observe/terminal-width.ts';
import { paint } from './io.ts';

/** One column of a table: its heading, its cells (null is NULL), numbers to the right. */
export interface TableColumn {
  readonly heading: string;
  readonly isNumeric: boolean;
  readonly cells: readonly (string | null)[];
  /** Its values are never cut, such as keys to copy. */
  readonly isWhole?: boolean;
}

/** Longer values are cut; --json gives them in full. */
const WIDEST = 48;

/** An aligned table with a line under its headings; each line ends with a line break. */
export function renderTable(columns: readonly TableColumn[], color: boolean): string {
  const shown = columns.map(({ heading, isNumeric, cells, isWhole = false }) => {
    const head = cut(heading);
    const texts = cells.map((cell) => (isWhole ? printable(cell ?? 'NULL') : cut(cell ?? 'NULL')));
    const width = texts.reduce(
      (most, text) => Math.max(most, terminalWidth(text)),
      terminalWidth(head),
    );
    return { head, isNumeric, cells, texts, width };
  });
  const line = (cellOf: (column: (typeof shown)[number]) => string): string =>
    `${shown.map(cellOf).join('  ').trimEnd()}\n`;
  const rows = Array.from({ length: columns[0]?.cells.length ?? 0 }, (_, i) =>
    line(({ cells, texts, isNumeric, width }) => {
      const text = aligned(texts[i]!, width, isNumeric);
      return cells[i] === null ? paint(color, 'dim', text) : text;
    }),
  );
  const heads = line(({ head, isNumeric, width }) =>
    paint(color, 'bold', aligned(head, width, isNumeric)),
  );
  return heads + line(({ width }) => '-'.repeat(width)) + rows.join('');
}

function aligned(text: string, width: number, toTheRight: boolean): string {
  const blanks = ' '.repeat(Math.max(0, width - terminalWidth(text)));
  return toTheRight ? blanks + text : text + blanks;
}

/** Control characters, and those that turn the direction of the text, never reach the terminal. */
const UNPRINTABLE = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/gu;

/** On one line, and harmless. */
export function printable(text: string): string {
  return text.replaceAll(UNPRINTABLE, '\uFFFD');
}

function cut(value: string): string {
  const text = printable(value.slice(0, WIDEST * 4));
  if (text.length <= WIDEST && terminalWidth(text) <= WIDEST) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += terminalWidth(character);
    if (width >= WIDEST) return `${kept}…`;
    kept += character;
  }
  return kept;
}
