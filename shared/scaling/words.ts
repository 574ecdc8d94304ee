import type { Situation } from './situation.ts';

/** 0.873 as '87 %'. */
export function percent(part: number): string {
  return `${Math.round(part * 100)} %`;
}

export function shardsText(count: number): string {
  return `${count} shard${count === 1 ? '' : 's'}`;
}

export function minutesText(ms: number): string {
  const minutes = Math.round(ms / 60_000);
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}

export function throttledText(part: number): string {
  return `${(part * 100).toFixed(1)} % of the records are turned away`;
}

export function holdText({ loads, mean, hottest, isEven }: Situation, reason: string): string {
  const uneven = isEven ? '' : `, ${hottest.shard.id} ${percent(hottest.now)}`;
  return `stay at ${shardsText(loads.length)}, ${percent(mean)} full on the mean${uneven}: ${reason}`;
}

/** Resharding cannot divide a key; the producer can. */
export function keyAdvice(hashKey: bigint, load: number, shardId: string): string {
  return `hash key ${hashKey} alone fills ${percent(load)} of a shard (${shardId}): no split divides one key. Salt it at the producer: append one of a few suffixes to its partition key, and add them up in the query`;
}
