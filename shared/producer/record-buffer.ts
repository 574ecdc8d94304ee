/** The memory that records may take from put() to their result. */
export interface RecordBuffer {
  /**
   * Calls `enter` when there is room for so many bytes: at once, or later and in turn. Gives false,
   * and never calls it, if as much waits for room already as the buffer holds.
   */
  admit(bytes: number, enter: () => void): boolean;
  /** Gives back the bytes of a record that had entered. */
  release(bytes: number): void;
  /** Whether nobody waits for room and there is some. */
  hasRoom(): boolean;
  /** Resolves when that is so. */
  ready(): Promise<void>;
  readonly bytes: number;
  /** Records that wait for room. */
  readonly waiting: number;
}

interface Waiter {
  readonly bytes: number;
  readonly enter: () => void;
}

/** Callbacks, not promises: a put() that comes later must not overtake one whose turn it is. */
export function createRecordBuffer(limit: number): RecordBuffer {
  let used = 0;
  let waiters: Waiter[] = [];
  let served = 0;
  let waitingBytes = 0;
  let isServing = false;
  let onReady: (() => void)[] = [];
  const waiting = (): number => waiters.length - served;
  const fits = (bytes: number): boolean => used === 0 || used + bytes <= limit;
  const hasRoom = (): boolean => waiting() === 0 && used < limit;

  /** What enters may leave at once, from within: one loop serves them all, not one call inside the other. */
  function serve(): void {
    isServing = true;
    while (waiting() > 0 && fits(waiters[served]!.bytes)) {
      const { bytes, enter } = waiters[served++]!;
      used += bytes;
      waitingBytes -= bytes;
      enter();
    }
    isServing = false;
    if (served > 1_000 && served * 2 > waiters.length) {
      waiters = waiters.slice(served);
      served = 0;
    }
  }

  return {
    admit(bytes, enter) {
      if (waiting() === 0 && fits(bytes)) {
        used += bytes;
        enter();
        return true;
      }
      if (waiting() > 0 && waitingBytes + bytes > limit) return false;
      waiters.push({ bytes, enter });
      waitingBytes += bytes;
      return true;
    },
    release(bytes) {
      used -= bytes;
      if (isServing) return;
      serve();
      if (onReady.length === 0 || !hasRoom()) return;
      const told = onReady;
      onReady = [];
      for (const tell of told) tell();
    },
    hasRoom,
    ready() {
      if (hasRoom()) return Promise.resolve();
      return new Promise((resolve) => onReady.push(resolve));
    },
    get bytes() {
      return used;
    },
    get waiting() {
      return waiting();
    },
  };
}
