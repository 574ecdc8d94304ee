import { readEnvironment } from '../../shared/config/environment.ts';
import { type ConsumedRecord, consume, type StreamHandler } from '../../shared/consume/consume.ts';
import { openFaultStore } from '../../shared/consume/fault-stores.ts';
import { emitMetrics } from '../../shared/observe/metrics.ts';

const store = openFaultStore(readEnvironment(['SLUICE_FAULTS']).SLUICE_FAULTS);
const faults = { store, application: 'failed-calls', stream: 'cloudtrail' };

/** CloudTrail records in; out comes a metric for each call that failed. */
export const handler: StreamHandler = (event) => consume(event, report, { faults });

function report(record: ConsumedRecord): void {
  const { eventSource, eventName, errorCode } = record.json(isCall);
  if (errorCode === undefined) return;
  emitMetrics({ Service: eventSource, Call: eventName, Error: errorCode }, { FailedCalls: 1 });
}

type Call = { eventSource: string; eventName: string; errorCode?: string };

function isCall(value: unknown): value is Call {
  return value instanceof Object && 'eventSource' in value && 'eventName' in value;
}
