import type { Resource } from './cloudformation.ts';
import type { ServiceFunction } from './service.ts';

/** Behind by more than this, a table is no longer current. */
const BEHIND_MS = 600_000;

/**
 * Rises when a function is ten minutes behind its stream for a quarter of an hour: it is
 * throttled, or a batch fails again and again, and records will expire if nobody looks.
 * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
 */
export function alarm(item: ServiceFunction, lambda: string, topic?: string): Resource {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: `${item.physicalName}-behind`,
      AlarmDescription: `${item.application} is more than ${BEHIND_MS / 60_000} minutes behind its stream.`,
      Namespace: 'AWS/Lambda',
      MetricName: 'IteratorAge',
      Dimensions: [{ Name: 'FunctionName', Value: { Ref: lambda } }],
      Statistic: 'Maximum',
      Period: 300,
      EvaluationPeriods: 3,
      Threshold: BEHIND_MS,
      ComparisonOperator: 'GreaterThanThreshold',
      // An idle stream gives no data and is well.
      TreatMissingData: 'notBreaching',
      ...(topic ? { AlarmActions: [topic], OKActions: [topic] } : {}),
    },
  };
}
