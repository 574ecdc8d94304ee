import { writeLine } from './sink.ts';

/**
 * Writes one line in CloudWatch's embedded metric format: a structured log and metrics in one,
 * without a call. Values are counts unless their name ends in `Ms`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
 */
export function emitMetrics(
  dimensions: Readonly<Record<string, string>>,
  values: Readonly<Record<string, number>>,
  write: (line: string) => void = writeLine,
): void {
  const metrics = Object.keys(values).map((name) => ({
    Name: name,
    Unit: name.endsWith('Ms') ? 'Milliseconds' : 'Count',
  }));
  const directive = {
    Namespace: 'Sluice',
    Dimensions: [Object.keys(dimensions)],
    Metrics: metrics,
  };
  const _aws = { Timestamp: Date.now(), CloudWatchMetrics: [directive] };
  write(JSON.stringify({ _aws, ...dimensions, ...values }));
}
