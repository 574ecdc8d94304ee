import type { Value } from './cloudformation.ts';

/**
 * Where the functions' own metrics of something lie (shared/observe/metrics.ts). An alarm has to name
 * all dimensions with which they are written, or it sees nothing:
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/cloudwatch_concepts.html#Dimension
 */
export function ownMetrics(stage: string, dimension: string, value: string) {
  return {
    Namespace: 'Sluice',
    Dimensions: [
      { Name: 'Stage', Value: stage },
      { Name: dimension, Value: value },
    ] satisfies Value,
  };
}
