import type { Resource, Value } from './cloudformation.ts';
import { allow, serviceRole, THIS_ACCOUNT } from './roles.ts';
import type { ServiceSource } from './service.ts';

/** What the resources of a source point to. */
export interface SourcePlace {
  /** ARN and name of the stream. */
  readonly stream: Value;
  readonly streamName: Value;
  /** Logical name of the bucket for what the stream did not take. */
  readonly faults: string;
  /** Gives a resource of this kind its logical name. */
  readonly logical: (kind: string) => string;
}

/**
 * What makes an AWS service write into a stream, by logical name: its rule or subscription, and a
 * role that may put records into this one stream. A change capture is a property of its table.
 */
export function sourceResources(
  item: ServiceSource,
  place: SourcePlace,
): Readonly<Record<string, Resource>> {
  switch (item.source.kind) {
    case 'cloudtrail':
      return cloudTrail(item, item.source.calls, place);
    case 'iot':
      return iotRule(item, item.source, place);
    case 'logs':
      return logSubscription(item, item.source, place);
    case 'dynamodb':
      return {};
  }
}

/** https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html */
function cloudTrail(
  { name, physicalName }: ServiceSource,
  calls: 'writes' | 'all',
  { stream, logical }: SourcePlace,
): Record<string, Resource> {
  const [rule, role, queue] = [logical('Rule'), logical('SourceRole'), logical('Undelivered')];
  return {
    [role]: serviceRole('events', name, [put(stream)], THIS_ACCOUNT),
    [rule]: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: physicalName,
        Description: 'CloudTrail events into a stream.',
        // https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail-management.html
        State: calls === 'all' ? 'ENABLED_WITH_ALL_CLOUDTRAIL_MANAGEMENT_EVENTS' : 'ENABLED',
        EventPattern: {
          'detail-type': [
            'AWS API Call via CloudTrail',
            'AWS Console Sign In via CloudTrail',
            'AWS Service Event via CloudTrail',
          ],
        },
        Targets: [
          {
            Id: 'stream',
            Arn: stream,
            RoleArn: arnOf(role),
            KinesisParameters: { PartitionKeyPath: '$.detail.eventID' },
            // The longest that EventBridge tries: userguide/eb-rule-retry-policy.html
            RetryPolicy: { MaximumEventAgeInSeconds: 86_400, MaximumRetryAttempts: 185 },
            DeadLetterConfig: { Arn: arnOf(queue) },
          },
        ],
      },
    },
    [queue]: {
      Type: 'AWS::SQS::Queue',
      Properties: {
        QueueName: `${physicalName}-undelivered`,
        SqsManagedSseEnabled: true,
        MessageRetentionPeriod: 1_209_600,
      },
    },
    [logical('UndeliveredPolicy')]: {
      Type: 'AWS::SQS::QueuePolicy',
      Properties: {
        Queues: [{ Ref: queue }],
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [
            {
              Effect: 'Allow',
              Principal: { Service: 'events.amazonaws.com' },
              Action: 'sqs:SendMessage',
              Resource: arnOf(queue),
              Condition: { ArnEquals: { 'aws:SourceArn': arnOf(rule) } },
            },
          ],
        },
      },
    },
  };
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/kinesis-rule-action.html */
function iotRule(
  { name, physicalName }: ServiceSource,
  { topic, key }: { readonly topic: string; readonly key: string },
  { stream, streamName, faults, logical }: SourcePlace,
): Record<string, Resource> {
  const role = logical('SourceRole');
  const folder = `undelivered/${name}`;
  return {
    [role]: serviceRole(
      'iot',
      name,
      [put(stream), allow(['s3:PutObject'], [{ 'Fn::Sub': `\${${faults}.Arn}/${folder}/*` }])],
      THIS_ACCOUNT,
    ),
    [logical('Rule')]: {
      Type: 'AWS::IoT::TopicRule',
      Properties: {
        // Letters, digits and underscores: iot/latest/apireference/API_CreateTopicRule.html
        RuleName: physicalName.replaceAll('-', '_'),
        TopicRulePayload: {
          Description: 'MQTT messages into a stream.',
          Sql: `SELECT * FROM '${topic}'`,
          AwsIotSqlVersion: '2016-03-23',
          RuleDisabled: false,
          Actions: [
            { Kinesis: { StreamName: streamName, PartitionKey: key, RoleArn: arnOf(role) } },
          ],
          ErrorAction: {
            S3: {
              BucketName: { Ref: faults },
              Key: `${folder}/\${timestamp()}-\${newuuid()}.json`,
              RoleArn: arnOf(role),
            },
          },
        },
      },
    },
  };
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html */
function logSubscription(
  { name, physicalName }: ServiceSource,
  { logGroup, filter }: { readonly logGroup: string; readonly filter: string },
  { stream, logical }: SourcePlace,
): Record<string, Resource> {
  const role = logical('SourceRole');
  const group = `arn:\${AWS::Partition}:logs:\${AWS::Region}:\${AWS::AccountId}:log-group:${logGroup}:*`;
  const ofGroup = { StringLike: { 'aws:SourceArn': { 'Fn::Sub': group } } };
  return {
    [role]: serviceRole('logs', name, [put(stream)], ofGroup),
    [logical('Subscription')]: {
      Type: 'AWS::Logs::SubscriptionFilter',
      Properties: {
        FilterName: physicalName,
        LogGroupName: logGroup,
        FilterPattern: filter,
        DestinationArn: stream,
        RoleArn: arnOf(role),
        // By log stream, a busy one would fill one shard.
        Distribution: 'Random',
      },
    },
  };
}

function put(stream: Value): Value {
  return allow(['kinesis:PutRecord', 'kinesis:PutRecords'], [stream]);
}

function arnOf(logical: string): Value {
  return { 'Fn::GetAtt': [logical, 'Arn'] };
}
