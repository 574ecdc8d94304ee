import type { VirtualClock } from '../../local/mapping/virtual-clock.ts';

interface Sleeper {
  readonly at: number;
  readonly order: number;
  resolve: () => void;
  done: boolean;
}

/**
 * The virtual clock for many thousand sleepers a second: as that of local/mapping, with a heap for
 * a list and without turns of the event loop. A tick comes when no promise can go on: Node empties
 * the queue of microtasks before the next one.
 */
export function createClock(start: number): VirtualClock {
  const heap: Sleeper[] = [];
  let time = start;
  let order = 0;

  const sleep: VirtualClock['sleep'] = (ms, signal) => {
    if (signal?.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const sleeper: Sleeper = { at: time + Math.max(0, ms), order: order++, resolve, done: false };
      push(heap, sleeper);
      if (signal === undefined) return;
      const wake = (): void => {
        sleeper.done = true;
        resolve();
      };
      signal.addEventListener('abort', wake, { once: true });
      sleeper.resolve = () => {
        signal.removeEventListener('abort', wake);
        resolve();
      };
    });
  };

  const run: VirtualClock['run'] = async (work, limitMs = Number.POSITIVE_INFINITY) => {
    let settled = false;
    const settle = (): void => {
      settled = true;
    };
    work.then(settle, settle);
    const limit = time + limitMs;
    for (;;) {
      await new Promise<void>((resolve) => process.nextTick(resolve));
      if (settled) return work;
      const next = pop(heap);
      if (next === undefined) throw new Error('virtual clock: work waits for something not on it');
      if (next.done) continue;
      if (next.at > limit) throw new Error(`virtual clock: work goes on after ${limitMs} ms`);
      time = next.at;
      next.resolve();
    }
  };
  return { now: () => time, sleep, run };
}

function isBefore(a: Sleeper, b: Sleeper): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

function push(heap: Sleeper[], sleeper: Sleeper): void {
  let at = heap.push(sleeper) - 1;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (isBefore(heap[parent]!, sleeper)) break;
    heap[at] = heap[parent]!;
    at = parent;
  }
  heap[at] = sleeper;
}

function pop(heap: Sleeper[]): Sleeper | undefined {
  const first = heap[0];
  const last = heap.pop();
  if (last === undefined || heap.length === 0) return first;
  let at = 0;
  for (;;) {
    let child = 2 * at + 1;
    if (child >= heap.length) break;
    if (child + 1 < heap.length && isBefore(heap[child + 1]!, heap[child]!)) child++;
    if (isBefore(last, heap[child]!)) break;
    heap[at] = heap[child]!;
    at = child;
  }
  heap[at] = last;
  return first;
}
