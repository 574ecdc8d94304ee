import type { Summary } from './summary.ts';

export interface Style {
  bold(text: string): string;
  dim(text: string): string;
  warn(text: string): string;
}

export const PLAIN: Style = { bold: same, dim: same, warn: same };
export const COLOURED: Style = {
  bold: (text) => `\u001b[1m${text}\u001b[22m`,
  dim: (text) => `\u001b[2m${text}\u001b[22m`,
  warn: (text) => `\u001b[33m${text}\u001b[39m`,
};

/** A title, a header and rows, none wider than `width`. */
export function renderSummary(summary: Summary, width: number, style: Style): string[] {
  const { header, rows, numeric } = summary;
  const title = style.bold(clip(summary.title, width));
  if (rows.length === 0) return [title];
  const widths = squeeze(
    header.map((name, i) => Math.max(name.length, ...rows.map((row) => row[i]!.length))),
    width - 2 * header.length,
  );
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => {
        const text = clipCell(cell, widths[i]!);
        return `  ${numeric.has(i) ? text.padStart(widths[i]!) : text.padEnd(widths[i]!)}`;
      })
      .join('')
      .trimEnd();
  return [title, style.dim(line(header)), ...rows.map(line)];
}

/** Puts blocks below each other, or into two columns where the terminal is wide enough. */
export function layOut(
  summaries: readonly Summary[],
  width: number,
  style: Style,
  columns: 1 | 2,
): string[] {
  if (columns === 1) {
    return summaries.flatMap((summary) => ['', ...renderSummary(summary, width, style)]);
  }
  const half = Math.floor((width - 3) / 2);
  const lines: string[] = [];
  for (let i = 0; i < summaries.length; i += 2) {
    const left = renderSummary(summaries[i]!, half, style);
    const next = summaries[i + 1];
    const right = next === undefined ? [] : renderSummary(next, half, style);
    lines.push('');
    for (let row = 0; row < Math.max(left.length, right.length); row++) {
      const text = left[row] ?? '';
      const gap = ' '.repeat(Math.max(0, half - visibleLength(text)) + 3);
      lines.push(`${text}${gap}${right[row] ?? ''}`.trimEnd());
    }
  }
  return lines;
}

/** Shortens with an ellipsis. */
export function clip(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`;
}

/** Of an ARN the end says more than the beginning. */
function clipCell(text: string, width: number): string {
  if (text.length <= width || !text.startsWith('arn:')) return clip(text, width);
  return `…${text.slice(text.length - width + 1)}`;
}

function visibleLength(text: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the escape that begins a colour
  return text.replace(/\u001b\[\d+m/g, '').length;
}

/** Takes from the widest columns until all fit. */
function squeeze(widths: readonly number[], room: number): number[] {
  const fitted = [...widths];
  let over = fitted.reduce((sum, width) => sum + width, 0) - room;
  while (over > 0) {
    const widest = fitted.indexOf(Math.max(...fitted));
    if (fitted[widest]! <= 3) break;
    fitted[widest]! -= 1;
    over -= 1;
  }
  return fitted;
}

function same(text: string): string {
  return text;
}
