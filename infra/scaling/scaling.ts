import type { Resource, Value } from '../cloudformation.ts';
import type { ServiceScaling } from '../service.ts';
import { scalingAlarms } from './alarms.ts';

/** What the resources of a scaler point to. */
export interface ScalingPlace {
  /** Logical name of the function. */
  readonly lambda: string;
  readonly stage: string;
  /** The SNS topic that people listen to, if there is one. */
  readonly alarmTopic: Value | undefined;
  /** Gives a resource of this kind its logical name. */
  readonly logical: (kind: string) => string;
}

/**
 * What wakes a scaler: every minute, its alarms, and a topic if one was named. A wake-up that comes late
 * or fails is not repeated: the next minute has fresher figures.
 */
export function scalingResources(
  item: ServiceScaling,
  place: ScalingPlace,
): Readonly<Record<string, Resource>> {
  const { physicalName, topic } = item;
  const { lambda, stage, alarmTopic, logical } = place;
  const arn = arnOf(lambda);
  const [schedule, alarms] = [logical('Schedule'), scalingAlarms(item, stage, arn, alarmTopic)];
  const mayInvoke = (service: string, source: Value): Resource => ({
    Type: 'AWS::Lambda::Permission',
    Properties: {
      FunctionName: arn,
      Action: 'lambda:InvokeFunction',
      Principal: service,
      SourceAccount: { Ref: 'AWS::AccountId' },
      SourceArn: source,
    },
  });
  return {
    [logical('Invokes')]: {
      Type: 'AWS::Lambda::EventInvokeConfig',
      Properties: {
        FunctionName: { Ref: lambda },
        Qualifier: '$LATEST',
        MaximumRetryAttempts: 0,
        MaximumEventAgeInSeconds: 60,
      },
    },
    [schedule]: {
      Type: 'AWS::Events::Rule',
      Properties: {
        Name: physicalName,
        Description: `Wakes the scaler of stream ${item.stream}.`,
        ScheduleExpression: 'rate(1 minute)',
        State: 'ENABLED',
        Targets: [
          {
            Id: 'scaler',
            Arn: arn,
            RetryPolicy: { MaximumRetryAttempts: 0, MaximumEventAgeInSeconds: 60 },
          },
        ],
      },
    },
    [logical('ScheduleMayInvoke')]: mayInvoke('events.amazonaws.com', arnOf(schedule)),
    ...Object.fromEntries(Object.entries(alarms).map(([kind, one]) => [logical(kind), one])),
    // https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
    [logical('AlarmsMayInvoke')]: mayInvoke('lambda.alarms.cloudwatch.amazonaws.com', {
      'Fn::Sub': `arn:\${AWS::Partition}:cloudwatch:\${AWS::Region}:\${AWS::AccountId}:alarm:${physicalName}-*`,
    }),
    ...(topic !== null && {
      [logical('Subscription')]: {
        Type: 'AWS::SNS::Subscription',
        Properties: { TopicArn: topic, Protocol: 'lambda', Endpoint: arn },
      },
      [logical('TopicMayInvoke')]: withoutAccount(mayInvoke('sns.amazonaws.com', topic)),
    }),
  };
}

/** A topic may lie in another account; its ARN says which. */
function withoutAccount({ Properties, ...rest }: Resource): Resource {
  const { SourceAccount, ...others } = Properties;
  return { ...rest, Properties: others };
}

function arnOf(logical: string): Value {
  return { 'Fn::GetAtt': [logical, 'Arn'] };
}
