import { type CloudWatchClient, paginateGetMetricData } from '@aws-sdk/client-cloudwatch';
import type { MetricMinute } from '../scaling/demand.ts';
import type { ReadMetrics } from './metrics.ts';

/**
 * The metrics of a stream: https://docs.aws.amazon.com/streams/latest/dev/monitoring-with-cloudwatch.html
 * The last covers consumers that share the stream's throughput, as event source mappings do.
 */
const METRICS = {
  bytes: { MetricName: 'IncomingBytes', Stat: 'Sum' },
  records: { MetricName: 'IncomingRecords', Stat: 'Sum' },
  throttled: { MetricName: 'WriteProvisionedThroughputExceeded', Stat: 'Sum' },
  lag: { MetricName: 'GetRecords.IteratorAgeMilliseconds', Stat: 'Maximum' },
} as const;
type Name = keyof typeof METRICS;

/** Consumers that were behind this long ago may have caught up. */
const LAG_MS = 5 * 60_000;

/** Metrics as CloudWatch has them. Rejects if it leaves a part out. */
export function cloudWatchMetrics(client: CloudWatchClient): ReadMetrics {
  return async (stream, from, to) => {
    const minutes = new Map<number, Mutable<MetricMinute>>();
    let lagMs = 0;
    const request = {
      StartTime: new Date(from),
      EndTime: new Date(to),
      MetricDataQueries: Object.entries(METRICS).map(([Id, { MetricName, Stat }]) => ({
        Id,
        MetricStat: { Metric: metric(MetricName, stream), Period: 60, Stat },
      })),
    };
    for await (const { MetricDataResults = [] } of paginateGetMetricData({ client }, request)) {
      for (const { Id, Timestamps = [], Values = [], StatusCode } of MetricDataResults) {
        if (StatusCode === 'InternalError' || StatusCode === 'Forbidden') {
          throw new Error(`CloudWatch gives no ${Id} of stream ${stream}: ${StatusCode}`);
        }
        for (const [i, time] of Timestamps.entries()) {
          const at = time.getTime();
          const value = Values[i] ?? 0;
          const name = Id as Name;
          if (name === 'lag') {
            if (at >= to - LAG_MS) lagMs = Math.max(lagMs, value);
            continue;
          }
          const minute = minutes.get(at) ?? { at, bytes: 0, records: 0, throttled: 0 };
          minute[name] = value;
          minutes.set(at, minute);
        }
      }
    }
    return { minutes: [...minutes.values()], lagMs };
  };
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function metric(MetricName: string, stream: string) {
  const Dimensions = [{ Name: 'StreamName', Value: stream }];
  return { Namespace: 'AWS/Kinesis', MetricName, Dimensions };
}
