import type {
  ConsumedRecord,
  FaultReporting,
  StreamHandler,
} from '../../shared/consume/consume.ts';
import { consumeWindow, type WindowEnd } from '../../shared/consume/window.ts';

/** What the page leaves to the reader; the rest is the second example of docs/consume.md. */
export const added: [string | null, string, Record<string, number>][] = [];
const add = (...part: (typeof added)[number]) => void added.push(part);
const faults: NonNullable<FaultReporting['faults']> = {
  store: { put: async () => {} },
  application: 'calls',
  stream: 'cloudtrail',
};
const isCall = (value: unknown): value is { eventSource: string } => value instanceof Object;

export const handler: StreamHandler = (event) => consumeWindow(event, callsByService, { faults });

const callsByService = {
  start: (): Record<string, number> => ({}),
  fold: (calls: Record<string, number>, record: ConsumedRecord) => {
    const { eventSource } = record.json(isCall);
    calls[eventSource] = (calls[eventSource] ?? 0) + 1;
    return calls;
  },
  finish: (calls: Record<string, number>, { start, shardId }: WindowEnd) =>
    add(start, shardId, calls),
};
