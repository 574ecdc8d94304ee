/**
 * What wakes a scaler, in the forms in which CloudWatch, SNS and EventBridge send it.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
 */
export function alarmEvents(time: number): Record<string, object> {
  const at = new Date(time).toISOString();
  const hot = 'sluice-dev-scale-cloudtrail-hot';
  const { direct, throughSns, throughEventBridge } = forms(at);
  return {
    schedule: {
      version: '0',
      id: '53dc4d37-cffa-4f76-80c9-8b7d4a4d2eaa',
      'detail-type': 'Scheduled Event',
      source: 'aws.events',
      account: ACCOUNT,
      time: at,
      region: REGION,
      resources: [`arn:aws:events:${REGION}:${ACCOUNT}:rule/sluice-dev-scale-cloudtrail`],
      detail: {},
    },
    alarm: direct(hot, 'ALARM', { metrics: utilisation(STREAM) }),
    'alarm-ok': direct(hot, 'OK', { metrics: utilisation(STREAM) }),
    'alarm-insufficient-data': direct(hot, 'INSUFFICIENT_DATA', { metrics: utilisation(STREAM) }),
    'alarm-of-another-stream': direct('orders-hot', 'ALARM', { metrics: utilisation('orders') }),
    'alarm-composite': direct('anything-wrong', 'ALARM', {
      alarmRule: `ALARM("${hot}") OR ALARM("orders-hot")`,
    }),
    'alarm-contributor': direct('a-shard-is-hot', 'ALARM', {
      metrics: [
        {
          id: 'q1',
          returnData: true,
          expression: `SELECT MAX(IncomingBytes) FROM SCHEMA("AWS/Kinesis", ShardId, StreamName) WHERE StreamName = '${STREAM}' GROUP BY ShardId`,
        },
      ],
    }),
    'alarm-through-sns': throughSns({
      AlarmName: hot,
      Trigger: {
        Period: 60,
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 0.9,
        TreatMissingData: '- TreatMissingData:                    notBreaching',
        Metrics: utilisation(STREAM).map(({ id, metricStat, returnData, ...rest }) => ({
          Id: id,
          ReturnData: returnData,
          ...('expression' in rest && { Expression: rest.expression }),
          ...(metricStat && {
            MetricStat: {
              Period: metricStat.period,
              Stat: metricStat.stat,
              Metric: {
                Namespace: metricStat.metric.namespace,
                MetricName: metricStat.metric.name,
                Dimensions: Object.entries(metricStat.metric.dimensions).map(([name, value]) => ({
                  name,
                  value,
                })),
              },
            },
          }),
        })),
      },
    }),
    'alarm-through-sns-one-metric': throughSns({
      AlarmName: 'mine',
      Trigger: {
        MetricName: 'WriteProvisionedThroughputExceeded',
        Namespace: 'AWS/Kinesis',
        StatisticType: 'Statistic',
        Statistic: 'SUM',
        Unit: null,
        Dimensions: [{ name: 'StreamName', value: STREAM }],
        Period: 60,
        EvaluationPeriods: 1,
        ComparisonOperator: 'GreaterThanThreshold',
        Threshold: 0,
        TreatMissingData: '- TreatMissingData:                    notBreaching',
        EvaluateLowSampleCountPercentile: '',
      },
    }),
    'alarm-through-eventbridge': throughEventBridge(hot, { metrics: utilisation(STREAM) }),
  };
}

const ACCOUNT = '123456789012';
const REGION = 'eu-west-1';
const STREAM = 'sluice-dev-cloudtrail';

function forms(at: string) {
  const arn = (name: string) => `arn:aws:cloudwatch:${REGION}:${ACCOUNT}:alarm:${name}`;
  const timestamp = at.replace('Z', '+0000');
  const data = (alarmName: string, value: string, configuration: object) => ({
    alarmName,
    state: { value, reason: 'Threshold Crossed', reasonData: '{"version":"1.0"}', timestamp },
    previousState: { value: value === 'OK' ? 'ALARM' : 'OK', reason: 'as before', timestamp },
    configuration: { description: 'A stream is full.', ...configuration },
  });
  return {
    direct: (name: string, state: string, configuration: object) => ({
      source: 'aws.cloudwatch',
      alarmArn: arn(name),
      accountId: ACCOUNT,
      time: timestamp,
      region: REGION,
      alarmData: data(name, state, configuration),
    }),
    throughSns: ({ AlarmName, ...rest }: { AlarmName: string; Trigger: object }) => ({
      Records: [
        {
          EventSource: 'aws:sns',
          EventVersion: '1.0',
          EventSubscriptionArn: `arn:aws:sns:${REGION}:${ACCOUNT}:alarms:2c5f1a30-9b8e-4a7a-8f62-3a3f0d1a7b11`,
          Sns: {
            Type: 'Notification',
            MessageId: '95df01b4-ee98-5cb9-9903-4c221d41eb5e',
            TopicArn: `arn:aws:sns:${REGION}:${ACCOUNT}:alarms`,
            Subject: `ALARM: "${AlarmName}" in EU (Ireland)`,
            Message: JSON.stringify({
              AlarmName,
              AlarmDescription: 'A stream is full.',
              AWSAccountId: ACCOUNT,
              NewStateValue: 'ALARM',
              NewStateReason: 'Threshold Crossed',
              StateChangeTime: timestamp,
              Region: 'EU (Ireland)',
              AlarmArn: arn(AlarmName),
              OldStateValue: 'OK',
              ...rest,
            }),
            Timestamp: at,
            SignatureVersion: '1',
            Signature: 'EXAMPLE',
            SigningCertUrl: 'EXAMPLE',
            UnsubscribeUrl: 'EXAMPLE',
            MessageAttributes: {},
          },
        },
      ],
    }),
    throughEventBridge: (name: string, configuration: object) => ({
      version: '0',
      id: 'c4c1c1c9-6542-e61b-6ef0-8c4d36933a92',
      'detail-type': 'CloudWatch Alarm State Change',
      source: 'aws.cloudwatch',
      account: ACCOUNT,
      time: at,
      region: REGION,
      resources: [arn(name)],
      detail: data(name, 'ALARM', configuration),
    }),
  };
}

/** The metrics of the alarms that infra/scaling/alarms.ts makes. */
function utilisation(stream: string) {
  const metric = (
    id: string,
    namespace: string,
    name: string,
    dimensions: Readonly<Record<string, string>>,
  ) => ({
    id,
    returnData: false,
    metricStat: { period: 60, stat: 'Sum', metric: { namespace, name, dimensions } },
  });
  return [
    metric('bytes', 'AWS/Kinesis', 'IncomingBytes', { StreamName: stream }),
    metric('records', 'AWS/Kinesis', 'IncomingRecords', { StreamName: stream }),
    metric('shards', 'Sluice', 'OpenShards', { Stream: stream }),
    {
      id: 'utilisation',
      returnData: true,
      metricStat: undefined,
      expression: 'MAX([FILL(bytes, 0) / (1048576 * 60), FILL(records, 0) / (1000 * 60)]) / shards',
      label: 'utilisation',
    },
  ];
}
