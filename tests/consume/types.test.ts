import type { Handler, KinesisStreamBatchResponse, KinesisStreamHandler } from 'aws-lambda';
import { expect, it } from 'vitest';
import { consume, type StreamHandler } from '../../shared/consume/consume.ts';
import { consumeWindow } from '../../shared/consume/window.ts';

/** What must not compile is checked by `npm run types`; here it only has to be there. */
const store = { put: async () => {} };
const response: KinesisStreamBatchResponse = { batchItemFailures: [] };

const sound: StreamHandler[] = [
  (event) => consume(event, () => {}),
  async (event) => await consume(event, async () => {}, { order: 'partition-key', concurrency: 2 }),
  (event) => consumeWindow(event, { start: () => ({ n: 0 }), fold: (s) => s, finish: () => {} }),
];

/** A StreamHandler is what Lambda's own types ask of a handler. */
const forLambda: [Handler, KinesisStreamHandler] = [sound[0]!, (event) => consume(event, () => {})];

const unsound: StreamHandler[] = [
  // @ts-expect-error a misspelled key would be full success to Lambda
  async () => ({ batchItemfailures: [] }),
  // @ts-expect-error a response made by hand
  async () => response,
  // @ts-expect-error full success
  async () => ({}),
  // @ts-expect-error full success, and not even waited for
  async (event) => {
    consume(event, () => {});
  },
  // @ts-expect-error a handler says by throwing that it failed
  (event) => consume(event, () => false),
  // @ts-expect-error the same for one that is waited for
  (event) => consume(event, async () => new Error('down')),
  // @ts-expect-error a misspelled option
  (event) => consume(event, () => {}, { fault: { store, application: 'a', stream: 's' } }),
  // @ts-expect-error a store alone does not name what it keeps
  (event) => consume(event, () => {}, { faults: { store } }),
  // @ts-expect-error one shard is read in order, there is nothing to run side by side
  (event) => consume(event, () => {}, { concurrency: 4 }),
  // @ts-expect-error a window has one state, which is folded in order
  (event) => consumeWindow(event, windowOf(1), { order: 'partition-key' }),
  // @ts-expect-error a fold that returns no state
  (event) => consumeWindow(event, { ...windowOf(1), fold: () => {} }),
];

function windowOf<State>(state: State) {
  return { start: () => state, fold: (s: State) => s, finish: () => {} };
}

it('is checked by the compiler', () => {
  expect([sound.length, forLambda.length, unsound.length]).toEqual([3, 2, 11]);
});
