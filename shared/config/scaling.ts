import type { Limits } from '../scaling/plan.ts';
import type { Report } from './columns.ts';
import type { Read } from './rules.ts';
import type { SCALING } from './scaling-rules.ts';

/** How a stream is resharded by load. */
export interface ScalingConfig {
  readonly limits: Limits;
  readonly mode: 'on' | 'dry-run';
  /** ARN of an SNS topic that wakes the scaler as its own alarms do. */
  readonly topic: string | null;
}

type RawScaling = Read<typeof SCALING>;

/** Reports what the rules of single keys do not say. `shards`: what the stream is created with. */
export function checkScaling(
  { min, max }: RawScaling,
  shards: number | undefined,
  stream: string,
  report: Report,
): void {
  const path = ['streams', stream, 'scaling'];
  if (min === undefined || max === undefined) return;
  if (min > max) {
    report('CONFLICT', `min ${min} is above max ${max}`, [...path, 'min'], 'exchange them');
  } else if (shards !== undefined && (shards < min || shards > max)) {
    const message = `the stream is created with ${shards} shards, and scaling keeps it from ${min} to ${max}`;
    const hint = shards < min ? `write shards: ${min}, or a lower min` : `raise max to ${shards}`;
    report('CONFLICT', message, ['streams', stream, 'shards'], hint);
  }
}

/** Null where nothing is to be deployed for it. */
export function buildScaling(raw: RawScaling | undefined): ScalingConfig | null {
  if (raw === undefined || raw.mode === 'off') return null;
  const { min, max, target, mode, topic } = raw;
  return {
    limits: { min: min!, max: max!, target: target! },
    mode: mode!,
    topic: topic ?? null,
  };
}
