import type { Attributes, ItemKey, Store } from '../results/store.ts';
import { freshMemory, type Memory } from './memory.ts';

/** The right to reshard a stream, held by one invocation at a time, with what is remembered of it. */
export interface Lease {
  readonly memory: Memory;
  /** Keeps what is to be remembered. Rejects with LeaseLost if another invocation has it by now. */
  readonly keep: (memory: Memory) => Promise<void>;
  /** The same, and gives the lease back. */
  readonly release: (memory: Memory) => Promise<void>;
}

export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
  constructor({ pk }: ItemKey) {
    super(`the lease of ${pk} has run out and another invocation has taken it`);
  }
}

/** The one item of a stream, in the state table. */
export function leaseKey(table: string, stream: string): ItemKey {
  return { table, pk: leaseOf(stream), sk: 'lease' };
}

export function leaseOf(stream: string): string {
  return `scaling#${stream}`;
}

/**
 * Takes the lease for `holdMs`, or gives null while someone holds it. It has to outlive its holder's
 * process and no more: a killed holder is succeeded when it has run out. Each holder has a higher number
 * (the fence), and writes are accepted from the last one only.
 */
export async function takeLease(
  store: Store,
  key: ItemKey,
  now: number,
  holdMs: number,
): Promise<Lease | null> {
  const taken = await store.update({
    key,
    add: { fence: '1' },
    set: { until: { N: String(now + holdMs) } },
    condition: { kind: 'absentOrBelow', attribute: 'until', value: { N: String(now) } },
  });
  if (!taken.done) return null;
  const fence = taken.item.fence!;
  const write = async (memory: Memory, until: number): Promise<void> => {
    const { done } = await store.update({
      key,
      set: { memory: { S: JSON.stringify(memory) }, until: { N: String(until) } },
      condition: { kind: 'equals', attribute: 'fence', value: fence },
    });
    if (!done) throw new LeaseLost(key);
  };
  return {
    memory: memoryIn(taken.item, now),
    keep: (memory) => write(memory, now + holdMs),
    release: (memory) => write(memory, 0),
  };
}

/** What is remembered of a stream, for one who only looks. */
export async function readMemory(store: Store, key: ItemKey, now: number): Promise<Memory> {
  return memoryIn(await store.read(key), now);
}

function memoryIn(item: Attributes | null, now: number): Memory {
  const stored = item?.memory?.S;
  return stored === undefined ? freshMemory(now) : (JSON.parse(stored) as Memory);
}
