import type { HashKeyRange } from '../../shared/kpl/hash-key.ts';
import type { Heat } from '../../shared/scaling/heat.ts';
import { loadsOf, rangesOf } from '../../shared/scaling/heat-range.ts';
import { weightOf } from '../../shared/scaling/load.ts';
import type { Plan } from '../../shared/scaling/plan.ts';
import {
  inOrder,
  reshard,
  type Shard,
  shareOfRing,
  uniformRanges,
} from '../../shared/scaling/ring.ts';
import { paint } from '../io.ts';
import { plural } from '../program.ts';
import { renderTable } from '../table.ts';

const WIDTH = 64;
const HEIGHTS = '▁▂▃▄▅▆▇█';
const BAR = 20;
/** With more shards only the fullest are listed; --json has them all. */
const MOST_LISTED = 32;

/** The hash keys from 0 to 2^128 on one line: where the load is, the shards, and as they would be. */
export function drawRing(
  shards: readonly Shard[],
  heat: Heat | null,
  plan: Plan | null,
  color: boolean,
): string {
  const lines = [
    ...(heat === null ? [] : [`heat    ${paint(color, 'cyan', heatLine(heat))}`]),
    `shards  ${boundsLine(rangesOf(inOrder(shards)))}`,
  ];
  if (plan?.operation) {
    const next = reshard(shards, plan.operation, (i) => `next-${i}`);
    lines.push(`planned ${paint(color, 'bold', boundsLine(rangesOf(next)))}`);
  }
  return `${lines.join('\n')}\n`;
}

function heatLine(heat: Heat): string {
  const weights = loadsOf(heat.cells, uniformRanges(WIDTH)).map(weightOf);
  const most = weights.reduce((a, b) => Math.max(a, b), 0);
  return weights
    .map((weight) => {
      if (weight === 0) return ' ';
      return HEIGHTS[Math.min(HEIGHTS.length - 1, Math.floor((weight / most) * HEIGHTS.length))];
    })
    .join('');
}

function boundsLine(ranges: readonly HashKeyRange[]): string {
  const line = Array.from({ length: WIDTH + 1 }, () => '─');
  for (const { start } of ranges) line[Math.round(columnOf(start))] = '┼';
  line[0] = '├';
  line[WIDTH] = '┤';
  return line.join('');
}

function columnOf(hashKey: bigint): number {
  return hashKey === 0n ? 0 : shareOfRing({ start: 0n, end: hashKey - 1n }) * WIDTH;
}

/** What is known of one shard; parts are 0 to 1. */
export interface ShardFigures {
  readonly id: string;
  readonly range: HashKeyRange;
  readonly ring: number;
  /** Of the stream's load; null where nobody keeps heat. */
  readonly heat: number | null;
  /** Utilisation as the plan takes it; null where there is none. */
  readonly now: number | null;
  readonly highest: number | null;
}

export function figuresOf(
  shards: readonly Shard[],
  heat: Heat | null,
  plan: Plan | null,
): ShardFigures[] {
  const sorted = inOrder(shards);
  const weights = heat === null ? null : loadsOf(heat.cells, rangesOf(sorted)).map(weightOf);
  const all = weights?.reduce((sum, weight) => sum + weight, 0) ?? 0;
  const known = new Map(plan?.figures.utilisation.map((one) => [one.shardId, one]));
  return sorted.map(({ id, range }, i) => ({
    id,
    range,
    ring: shareOfRing(range),
    heat: weights === null || all === 0 ? null : weights[i]! / all,
    now: known.get(id)?.now ?? null,
    highest: known.get(id)?.peak ?? null,
  }));
}

export function figuresTable(figures: readonly ShardFigures[], color: boolean): string {
  const fullest = figures.toSorted((a, b) => fullness(b) - fullness(a)).slice(0, MOST_LISTED);
  const listed = figures.filter((one) => fullest.includes(one));
  const column = (heading: string, cells: string[]) => ({ heading, isNumeric: true, cells });
  const table = renderTable(
    [
      { heading: 'shard', isNumeric: false, cells: listed.map(({ id }) => id) },
      column(
        'from',
        listed.map(({ range }) => percent(columnOf(range.start) / WIDTH)),
      ),
      column(
        'of the ring',
        listed.map(({ ring }) => percent(ring)),
      ),
      column(
        'of the load',
        listed.map(({ heat }) => percent(heat)),
      ),
      column(
        'full',
        listed.map(({ now }) => percent(now)),
      ),
      column(
        'highest minute',
        listed.map(({ highest }) => percent(highest)),
      ),
      {
        heading: '',
        isNumeric: false,
        cells: listed.map((one) => bar(fullness(one))),
      },
    ],
    color,
  );
  const left = figures.length - listed.length;
  return left === 0 ? table : `${table}and ${plural(left, 'shard')} that are less full\n`;
}

function fullness({ now, heat }: ShardFigures): number {
  return now ?? heat ?? 0;
}

function bar(part: number): string {
  const filled = Math.min(BAR, Math.round(part * BAR));
  return '█'.repeat(filled) + '·'.repeat(BAR - filled);
}

function percent(part: number | null): string {
  return part === null ? '-' : `${(part * 100).toFixed(1)} %`;
}
