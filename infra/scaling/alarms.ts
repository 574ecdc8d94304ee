import { SHARD_BYTES_PER_SECOND, SHARD_RECORDS_PER_SECOND } from '../../shared/scaling/limits.ts';
import {
  hotAbove,
  LEAST_SHRINK,
  SHRINK_WINDOW_MS,
  shrinkBelow,
} from '../../shared/scaling/policy.ts';
import type { Resource, Value } from '../cloudformation.ts';
import { ownMetrics } from '../own-metrics.ts';
import type { ServiceScaling } from '../service.ts';

const MINUTE_MS = 60_000;
/** Behind by more than this, what reads the stream is in trouble. */
const BEHIND_MS = 600_000;

/**
 * The alarms of a scaled stream. Their utilisation is calculated by CloudWatch, from the stream's
 * own metrics and the number of open shards that the scaler publishes each minute: no number of
 * shards stands in an alarm, so none goes stale (docs/scaling.md). Hot and cold wake the scaler and
 * nobody else.
 */
export function scalingAlarms(
  { physicalName, stream, streamName, limits }: ServiceScaling,
  stage: string,
  scaler: Value,
  topic: Value | undefined,
): Readonly<Record<string, Resource>> {
  const people = topic === undefined ? [] : [topic];
  const make = (what: string, properties: Resource['Properties']): Resource => ({
    Type: 'AWS::CloudWatch::Alarm',
    Properties: { AlarmName: `${physicalName}-${what}`, ...properties },
  });
  const told = topic === undefined ? {} : { AlarmActions: people, OKActions: people };
  const ofStream = {
    Namespace: 'AWS/Kinesis',
    Dimensions: [{ Name: 'StreamName', Value: streamName }],
    Period: 60,
  };
  const ofScaler = {
    ...ownMetrics(stage, 'Stream', streamName),
    Period: 300,
    EvaluationPeriods: 3,
  };
  return {
    Hot: make('hot', {
      AlarmDescription: `Stream ${stream} is fuller than its target allows; its scaler is woken.`,
      Metrics: utilisation(stage, streamName),
      EvaluationPeriods: 1,
      Threshold: round(hotAbove(limits.target)),
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [scaler],
    }),
    Cold: make('cold', {
      AlarmDescription: `Stream ${stream} would do with fewer shards; its scaler is woken.`,
      // At the minimum nothing is cold.
      Metrics: utilisation(stage, streamName, (use) => `IF(shards > ${limits.min}, ${use}, 1)`),
      EvaluationPeriods: SHRINK_WINDOW_MS / MINUTE_MS,
      Threshold: round(shrinkBelow(limits.target) * LEAST_SHRINK),
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'notBreaching',
      AlarmActions: [scaler],
    }),
    Throttled: make('throttled', {
      AlarmDescription: `Stream ${stream} turns records away; its scaler is woken.`,
      ...ofStream,
      MetricName: 'WriteProvisionedThroughputExceeded',
      Statistic: 'Sum',
      EvaluationPeriods: 1,
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      ...told,
      AlarmActions: [scaler, ...people],
    }),
    Behind: make('behind', {
      AlarmDescription: `A consumer of stream ${stream} is more than ${BEHIND_MS / MINUTE_MS} minutes behind; until it has caught up, no shard is taken away.`,
      ...ofStream,
      MetricName: 'GetRecords.IteratorAgeMilliseconds',
      Statistic: 'Maximum',
      EvaluationPeriods: 5,
      Threshold: BEHIND_MS,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      ...told,
    }),
    Failing: make('failing', {
      AlarmDescription: `AWS has refused what the scaler of stream ${stream} asked for, for a quarter of an hour. Its log says why.`,
      ...ofScaler,
      MetricName: 'Failures',
      Statistic: 'Sum',
      Threshold: 0,
      ComparisonOperator: 'GreaterThanThreshold',
      TreatMissingData: 'notBreaching',
      ...told,
    }),
    Silent: make('silent', {
      AlarmDescription: `The scaler of stream ${stream} has not read it for a quarter of an hour.`,
      ...ofScaler,
      MetricName: 'OpenShards',
      Statistic: 'SampleCount',
      Threshold: 1,
      ComparisonOperator: 'LessThanThreshold',
      TreatMissingData: 'breaching',
      ...told,
    }),
  };
}

/** How full the mean shard is, each minute: of bytes or records, whichever is more; 1 is full. */
function utilisation(
  stage: string,
  stream: string,
  shown: (use: string) => string = (use) => use,
): Value {
  const ofKinesis = {
    Namespace: 'AWS/Kinesis',
    Dimensions: [{ Name: 'StreamName', Value: stream }],
  };
  const ofScaler = ownMetrics(stage, 'Stream', stream);
  const metric = (
    Id: string,
    from: Readonly<Record<string, Value>>,
    MetricName: string,
    Stat: string,
  ) => ({
    Id,
    ReturnData: false,
    MetricStat: { Metric: { ...from, MetricName }, Period: 60, Stat },
  });
  const bytes = `FILL(bytes, 0) / (${SHARD_BYTES_PER_SECOND} * 60)`;
  const records = `FILL(records, 0) / (${SHARD_RECORDS_PER_SECOND} * 60)`;
  const use = `MAX([${bytes}, ${records}]) / shards`;
  return [
    metric('bytes', ofKinesis, 'IncomingBytes', 'Sum'),
    metric('records', ofKinesis, 'IncomingRecords', 'Sum'),
    metric('shards', ofScaler, 'OpenShards', 'Maximum'),
    { Id: 'utilisation', Label: 'utilisation', Expression: shown(use), ReturnData: true },
  ];
}

/** Without the last digits of a binary fraction. */
function round(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
