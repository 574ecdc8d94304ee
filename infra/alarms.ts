import type { Resource, Value } from './cloudformation.ts';
import { isStreamFunction, type ServiceFunction } from './function.ts';
import { ownMetrics } from './own-metrics.ts';

/** Behind by more than this, a table is no longer current. */
const BEHIND_MS = 600_000;

/**
 * The alarms of one function, by what they tell of. `lambda` is its logical name, `topic` the SNS
 * topic that is told when one rises and when it falls.
 */
export function alarms(
  item: ServiceFunction,
  lambda: string,
  stage: string,
  topic?: Value,
): Readonly<Record<string, Resource>> {
  const ofLambda = {
    Namespace: 'AWS/Lambda',
    Dimensions: [{ Name: 'FunctionName', Value: { Ref: lambda } }],
  };
  const make = (what: string, description: string, properties: Resource['Properties']) =>
    alarm(`${item.physicalName}-${what}`, description, properties, topic);
  /** The function ended without an answer: it crashed, or ran out of time or memory. */
  const Errors = make('errors', `An invocation of ${item.application ?? item.name} failed.`, {
    ...ofLambda,
    MetricName: 'Errors',
    ...ONE_IS_ENOUGH,
  });
  const { SLUICE_DELIVERY: delivery } = item.environment;
  if (delivery !== undefined) {
    /** From the function's own metrics (shared/firehose/tally.ts). */
    const what = `Records of delivery ${delivery} could not be transformed: they lie below its error prefix.`;
    const Failed = make('failed', what, {
      ...ownMetrics(stage, 'Delivery', delivery),
      MetricName: 'Failed',
      ...ONE_IS_ENOUGH,
    });
    return { Errors, Failed };
  }
  if (item.application === null) return { Errors };
  /** From the function's own metrics (shared/observe/metrics.ts). */
  const Faults = make('faults', `${item.application} set records aside in the fault bucket.`, {
    ...ownMetrics(stage, 'Application', item.application),
    MetricName: 'Faults',
    ...ONE_IS_ENOUGH,
  });
  if (!isStreamFunction(item)) return { Errors, Faults };
  return {
    /**
     * Throttled, or a batch fails again and again: records will expire if nobody looks.
     * https://docs.aws.amazon.com/lambda/latest/dg/monitoring-metrics-types.html
     */
    Age: make(
      'behind',
      `${item.application} is more than ${BEHIND_MS / 60_000} minutes behind its stream.`,
      {
        ...ofLambda,
        MetricName: 'IteratorAge',
        Statistic: 'Maximum',
        EvaluationPeriods: 3,
        Threshold: BEHIND_MS,
        ComparisonOperator: 'GreaterThanThreshold',
      },
    ),
    Errors,
    Faults,
  };
}

const ONE_IS_ENOUGH = {
  Statistic: 'Sum',
  EvaluationPeriods: 1,
  Threshold: 1,
  ComparisonOperator: 'GreaterThanOrEqualToThreshold',
};

function alarm(
  name: string,
  description: string,
  properties: Resource['Properties'],
  topic?: Value,
): Resource {
  return {
    Type: 'AWS::CloudWatch::Alarm',
    Properties: {
      AlarmName: name,
      AlarmDescription: description,
      Period: 300,
      ...properties,
      // An idle stream gives no data and is well.
      TreatMissingData: 'notBreaching',
      ...(topic ? { AlarmActions: [topic], OKActions: [topic] } : {}),
    },
  };
}
