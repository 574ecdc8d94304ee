import type { Resource, Value } from './cloudformation.ts';
import type { Grant, ServiceFunction, Target } from './function.ts';

/** What the targets of a grant are in the template. */
export interface Resources {
  /** ARNs. */
  readonly stream: (name: string, arn: string | null) => Value;
  readonly table: (name: string) => Value;
  readonly logs: Value;
  /** Logical name of the bucket. */
  readonly faults: string;
}

/** The role of one function: the calls it makes on its own things, and its log group. */
export function role(item: ServiceFunction, resources: Resources): Resource {
  return serviceRole('lambda', item.name, statements(item, resources));
}

/**
 * A role that an AWS service takes. `condition` says for whom it may: without one, another account
 * could make the service use it (the confused deputy).
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/confused-deputy.html
 */
export function serviceRole(
  service: string,
  policy: string,
  statement: readonly Value[],
  condition?: Value,
): Resource {
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: `${service}.amazonaws.com` },
            Action: 'sts:AssumeRole',
            ...(condition ? { Condition: condition } : {}),
          },
        ],
      },
      Policies: [
        {
          PolicyName: policy,
          PolicyDocument: { Version: '2012-10-17', Statement: statement },
        },
      ],
    },
  };
}

/** The services of this account only. */
export const THIS_ACCOUNT = {
  StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } },
} as const satisfies Value;

function statements({ grants }: ServiceFunction, resources: Resources): Value[] {
  return [
    ...grants.map((grant) => ({
      ...allow(
        grant.actions,
        grant.on.map((target) => arnOf(target, grant.actions, resources)),
      ),
      ...conditionOf(grant),
    })),
    // The ARN of a log group ends in ":*", which is its log streams.
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [resources.logs]),
  ];
}

function conditionOf({ on, partitionKeys }: Grant): { Condition?: Value } {
  // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/specifying-conditions.html
  if (partitionKeys) {
    return {
      Condition: { 'ForAllValues:StringEquals': { 'dynamodb:LeadingKeys': partitionKeys } },
    };
  }
  const keys = on.flatMap((target) => ('keys' in target ? `${target.keys}*` : []));
  // https://docs.aws.amazon.com/AmazonS3/latest/userguide/amazon-s3-policy-keys.html
  return keys.length > 0 ? { Condition: { StringLike: { 's3:prefix': keys } } } : {};
}

/**
 * Calls that IAM cannot bind to a resource; this one reads figures and changes nothing.
 * https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazoncloudwatch.html
 */
const WITHOUT_RESOURCE = ['cloudwatch:GetMetricData'];

function arnOf(target: Target, actions: readonly string[], resources: Resources): Value {
  if ('resource' in target) {
    const bound = actions.filter((action) => !WITHOUT_RESOURCE.includes(action));
    if (bound.length > 0) throw new Error(`${bound.join(', ')} can be bound to a resource`);
    return '*';
  }
  if ('stream' in target) return resources.stream(target.stream, target.arn);
  if ('table' in target) return resources.table(target.table);
  if ('keys' in target) return { 'Fn::GetAtt': [resources.faults, 'Arn'] };
  return { 'Fn::Sub': `\${${resources.faults}.Arn}/${target.faults}/*` };
}

export function allow(actions: readonly string[], resources: readonly Value[]) {
  return { Effect: 'Allow', Action: actions, Resource: resources };
}
