import type { StreamsConfig } from '../shared/config/streams.ts';
import { monthlyCosts, shardsFor } from '../shared/scaling/capacity.ts';
import { DEFAULT_LIMITS } from '../shared/scaling/policy.ts';
import { PRICES } from '../shared/scaling/prices.ts';
import { plural } from './program.ts';

/** For each stream with a declared load: the shards it needs, and the mode in which it is cheaper. */
export function loadNotes(config: StreamsConfig | null): string[] {
  if (config === null) return [];
  const readers = [...Object.values(config.applications), ...Object.values(config.deliveries)];
  return Object.values(config.streams).flatMap(({ name, shards, load, scaling }) => {
    if (load === null) return [];
    const consumers = readers.filter(({ stream }) => stream === name).length;
    const target = scaling?.limits.target ?? DEFAULT_LIMITS.target;
    const traffic = { ...load, consumers, peakFactor: 1, target };
    const { needed } = shardsFor(traffic);
    const { provisioned, onDemand, cheaper } = monthlyCosts(
      traffic,
      scaling === null ? Math.max(needed, shards ?? 0) : needed,
    );
    const given = shards === null || scaling !== null ? '' : `, has ${shards}`;
    const dollars = (value: number): string => `$${Math.round(value).toLocaleString('en')}`;
    return [
      `note: ${name} needs ${plural(needed, 'shard')}${given}; a month costs ${dollars(provisioned)} provisioned, ${dollars(onDemand)} on demand (${PRICES.region}, ${PRICES.asOf}): ${cheaper} is cheaper`,
    ];
  });
}
