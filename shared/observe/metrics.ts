import { writeLine } from './sink.ts';

/**
 * Writes one line in CloudWatch's embedded metric format: a structured log and metrics in one,
 * without a call. Values are counts unless their name ends in `Ms`. In a function of the service its
 * stage (SLUICE_STAGE) is a dimension too: stages share an account and a region, but no alarm.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emitMetrics(
  dimensions: Readonly<Record<string, string>>,
  values: Readonly<Record<string, number>>,
  write: (line: string) => void = writeLine,
): void {
  const stage = process.env.SLUICE_STAGE;
  const all = stage ? { Stage: stage, ...dimensions } : dimensions;
  const metrics = Object.keys(values).map((name) => ({
    Name: name,
    Unit: name.endsWith('Ms') ? 'Milliseconds' : 'Count',
  }));
  const directive = {
    Namespace: 'Sluice',
    // One set, as each is a metric of its own, and paid as one.
    Dimensions: [Object.keys(all)],
    Metrics: metrics,
  };
  const _aws = { Timestamp: Date.now(), CloudWatchMetrics: [directive] };
  write(JSON.stringify({ _aws, ...all, ...values }));
}
