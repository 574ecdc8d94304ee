import type { DeliveryCounts } from '../firehose/types.ts';
import { clip, type Style } from './render.ts';

/** One delivery's figures at a moment. */
export interface ArchiveProgress extends DeliveryCounts {
  readonly delivery: string;
  /** The last thing that went wrong and has not gone well since. */
  readonly problem: string | null;
}

/** A delivery's line, its newest object, and its problem when it has one; none wider than `width`. */
export function archiveLines(one: ArchiveProgress, style: Style, width: number): string[] {
  const { delivery, records, objects, bytes, dropped, failed, newest, problem } = one;
  const whole = (value: number) => value.toLocaleString('en');
  const parts = [
    `archived ${whole(records)}`,
    `objects ${whole(objects)}`,
    byteText(bytes),
    ...(dropped > 0 ? [`dropped ${whole(dropped)}`] : []),
    ...(failed > 0 ? [`failed ${whole(failed)}`] : []),
  ];
  const line = `${style.bold(delivery)}  ${clip(parts.join('  '), width - delivery.length - 2)}`;
  return [
    line,
    ...(newest === null ? [] : [style.dim(clip(`  newest ${newest}`, width))]),
    ...(problem === null ? [] : [style.warn(clip(`  ${problem.split('\n')[0]}`, width))]),
  ];
}

function byteText(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MB`;
}
