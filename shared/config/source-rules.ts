import type { ObjectRule } from './rules.ts';

/** One of the places that records of a stream come from, beside its producers. */
export const SOURCE = {
  kind: 'object',
  exactlyOne: ['cloudtrail', 'iot', 'dynamodb', 'logs'],
  keys: {
    cloudtrail: {
      // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
      rule: { kind: 'choice', of: ['writes', 'all'] },
      about:
        'The API calls of this account and region, as CloudTrail tells EventBridge of them: those that change something, or all. A trail has to log management events.',
    },
    iot: {
      // https://docs.aws.amazon.com/iot/latest/developerguide/topics.html
      rule: {
        kind: 'text',
        pattern: "^(?!\\$)[^\\s'#]{1,250}(?:/#)?$",
        is: 'an MQTT topic filter, such as sensors/+/readings or sensors/#',
      },
      about: 'The MQTT messages of these topics of AWS IoT Core.',
    },
    dynamodb: {
      rule: {
        kind: 'text',
        pattern: '^[A-Za-z0-9_.-]{3,200}$',
        is: 'the name of a table under outputs',
      },
      about: 'The changes of a table of this service (its name as under outputs).',
    },
    logs: {
      // https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html
      rule: {
        kind: 'text',
        pattern: '^[A-Za-z0-9_/.#-]{1,512}$',
        is: 'the name of a log group, such as /aws/lambda/orders',
      },
      about: 'The events of a CloudWatch log group.',
    },
    key: {
      // https://docs.aws.amazon.com/iot/latest/developerguide/kinesis-rule-action.html
      rule: {
        kind: 'text',
        pattern: '^[^\\s\'"]{1,256}$',
        is: `a substitution template, such as \${topic(2)}`,
      },
      about: `Only with iot: the partition key, as a substitution template. Default: \${newuuid()}.`,
    },
    filter: {
      rule: { kind: 'text', pattern: '^.{0,1024}$', is: 'a filter pattern of CloudWatch Logs' },
      about:
        'Only with logs: the events to take, as a filter pattern of CloudWatch Logs. Default: all.',
    },
  },
} as const satisfies ObjectRule;
