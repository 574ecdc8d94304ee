import { TransformError } from './errors.ts';

/** The time that a batch has for its transforms. */
export interface Clock {
  readonly isOver: () => boolean;
  /** Rejects with OUT_OF_TIME at the end where the promise has not settled. */
  readonly within: <T>(promise: Promise<T>) => Promise<T>;
  readonly stop: () => void;
}

/**
 * `until`: of performance.now(). A promise that never settles would keep the whole batch from being
 * answered.
 */
export function startClock(until: number): Clock {
  const end = Promise.withResolvers<never>();
  end.promise.catch(() => {});
  let isOver = false;
  const timer = setTimeout(
    () => {
      isOver = true;
      end.reject(outOfTime());
    },
    Math.max(0, until - performance.now()),
  );
  return {
    // Where a transform never waits, no timer gets its turn.
    isOver: () => isOver || performance.now() > until,
    within: (promise) => Promise.race([promise, end.promise]),
    stop: () => clearTimeout(timer),
  };
}

export function outOfTime(): TransformError {
  return new TransformError('OUT_OF_TIME', 'the transformer took longer than Firehose waits');
}
