import { type ArchiveProgress, archiveLines } from './archive.ts';
import { COLOURED, clip, layOut, PLAIN, type Style } from './render.ts';
import type { Summary } from './summary.ts';

/** One application's figures at a moment. */
export interface Progress {
  readonly application: string;
  readonly put: number;
  readonly applied: number;
  /** Events applied per second, of late. */
  readonly rate: number;
  readonly lagMs: number;
  readonly faults: number;
  readonly late: number;
  readonly invokes: number;
  readonly failures: number;
  readonly peakRssKb: number;
  /** The last thing that went wrong and has not gone well since. */
  readonly problem: string | null;
}

/** All that is at work. */
export interface Figures {
  readonly applications: readonly Progress[];
  readonly deliveries: readonly ArchiveProgress[];
}

export interface Screen {
  readonly style: Style;
  /** A line that stays. */
  say(line: string): void;
  /** The state of things: redrawn in place on a terminal, a plain line now and then elsewhere. */
  show(seconds: number, figures: Figures, summaries: SummariesFor): void;
  /** The last state, in full. */
  finish(seconds: number, figures: Figures, summaries: SummariesFor): void;
}

/** Gives the tables, with at most so many rows each. */
export type SummariesFor = (most: number) => readonly Summary[];

const LINES_EVERY_MS = 5_000;
const FINAL_ROWS = 10;
const TWO_COLUMNS_FROM = 130;
/** Of a terminal that does not tell: some say 0. */
const COLUMNS = 80;
const ROWS = 24;
/** Figures that give way on a narrow terminal, by their index: memory first. */
const GIVE_WAY = [7, 6, 3, 0, 4];

/** Draws on `out`: standard output, or standard error when that is kept for JSON. */
export function createScreen(out: NodeJS.WriteStream): Screen {
  const live = out.isTTY === true && process.env.TERM !== 'dumb';
  const style = live && !process.env.NO_COLOR ? COLOURED : PLAIN;
  let drawn = 0;
  let lastLine = Number.NEGATIVE_INFINITY;
  return { style, say, show, finish };

  function say(line: string): void {
    erase();
    out.write(`${line}\n`);
  }

  function show(seconds: number, figures: Figures, summaries: SummariesFor): void {
    const width = live ? columnsOf(out) : Number.POSITIVE_INFINITY;
    const state = stateLines(seconds, figures, style, width);
    if (!live) {
      if (Date.now() - lastLine < LINES_EVERY_MS) return;
      lastLine = Date.now();
      out.write(`${state.join('\n')}\n`);
      return;
    }
    const columns = width >= TWO_COLUMNS_FROM ? 2 : 1;
    const room = (out.rows || ROWS) - 1 - state.length;
    const blocks = Math.ceil(summaries(0).length / columns);
    // Each block has an empty line, a title and a header beside its rows.
    const most = Math.max(1, Math.min(FINAL_ROWS, Math.floor(room / Math.max(1, blocks)) - 3));
    const tables = layOut(summaries(most), width, style, columns).slice(0, room);
    erase();
    const lines = [...state, ...tables];
    out.write(lines.map((line) => `${line}\n`).join(''));
    drawn = lines.length;
  }

  function finish(seconds: number, figures: Figures, summaries: SummariesFor): void {
    erase();
    const width = live ? columnsOf(out) : 120;
    const lines = [
      ...stateLines(seconds, figures, style, width),
      ...layOut(summaries(FINAL_ROWS), width, style, 1),
    ];
    out.write(`${lines.join('\n')}\n`);
  }

  /** Takes back what was drawn, so that the next drawing stands in its place. */
  function erase(): void {
    if (drawn > 0) out.write(`\u001b[${drawn}A\u001b[0J`);
    drawn = 0;
  }
}

function columnsOf(out: NodeJS.WriteStream): number {
  return out.columns || COLUMNS;
}

function stateLines(seconds: number, figures: Figures, style: Style, width: number): string[] {
  return [
    ...figures.applications.flatMap((one) => progressLines(seconds, one, style, width)),
    ...figures.deliveries.flatMap((one) => archiveLines(one, style, width)),
  ];
}

/** An application's line, and a second one when it has a problem; none wider than `width`. */
export function progressLines(
  seconds: number,
  one: Progress,
  style: Style,
  width: number,
): string[] {
  const whole = (value: number) => Math.round(value).toLocaleString('en');
  const parts = [
    `${seconds.toFixed(0)} s`,
    `put ${whole(one.put)}`,
    `applied ${whole(one.applied)}`,
    `${whole(one.rate)}/s`,
    `lag ${(one.lagMs / 1000).toFixed(1)} s`,
    `faults ${whole(one.faults)}${one.late > 0 ? ` (late ${whole(one.late)})` : ''}`,
    `invokes ${whole(one.invokes)}${one.failures > 0 ? ` (failed ${whole(one.failures)})` : ''}`,
    `${whole(one.peakRssKb / 1024)} MB`,
  ];
  const { application, problem } = one;
  const room = width - application.length - 2;
  const dropped = new Set<number>();
  const figures = () => parts.filter((_, index) => !dropped.has(index)).join('  ');
  for (const index of GIVE_WAY) if (figures().length > room) dropped.add(index);
  const line = `${style.bold(application)}  ${clip(figures(), room)}`;
  if (problem === null) return [line];
  return [line, style.warn(clip(`  ${problem.split('\n')[0]}`, width))];
}
