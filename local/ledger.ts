/** Which of the events that were put into a stream one consumer has applied. */
export interface Ledger {
  readonly put: number;
  readonly applied: number;
  /** When the oldest event that is not applied was put, milliseconds; null: all are applied. */
  readonly waitingSince: number | null;
  putRecord(events: number, shardId: string, sequenceNumber: string, now: number): void;
  /** Everything of the shard up to this sequence number is done. */
  checkpoint(shardId: string, sequenceNumber: string): void;
}

interface Pending {
  readonly sequenceNumber: bigint;
  readonly events: number;
  readonly at: number;
}

/** Counts exactly, whatever is delivered twice, because it counts by sequence numbers. */
export function createLedger(): Ledger {
  const pending = new Map<string, Pending[]>();
  const checkpoints = new Map<string, bigint>();
  let put = 0;
  let applied = 0;
  return {
    get put() {
      return put;
    },
    get applied() {
      return applied;
    },
    get waitingSince() {
      const oldest = [...pending.values()].flatMap((list) => list[0]?.at ?? []);
      return oldest.length === 0 ? null : Math.min(...oldest);
    },
    putRecord(events, shardId, text, at) {
      put += events;
      const sequenceNumber = BigInt(text);
      // The consumer can be faster than the producer's answer.
      if (sequenceNumber <= (checkpoints.get(shardId) ?? -1n)) {
        applied += events;
        return;
      }
      const list = pending.get(shardId) ?? [];
      list.push({ sequenceNumber, events, at });
      pending.set(shardId, list);
    },
    checkpoint(shardId, text) {
      const upTo = BigInt(text);
      checkpoints.set(shardId, upTo);
      const list = pending.get(shardId) ?? [];
      const rest = list.filter(({ sequenceNumber }) => sequenceNumber > upTo);
      for (const { sequenceNumber, events } of list) if (sequenceNumber <= upTo) applied += events;
      pending.set(shardId, rest);
    },
  };
}
