import type { Resource, Value } from './cloudformation.ts';
import type { ServiceFunction, Target } from './service.ts';

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
  return {
    Type: 'AWS::IAM::Role',
    Properties: {
      AssumeRolePolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: 'lambda.amazonaws.com' },
            Action: 'sts:AssumeRole',
          },
        ],
      },
      Policies: [
        {
          PolicyName: item.name,
          PolicyDocument: { Version: '2012-10-17', Statement: statements(item, resources) },
        },
      ],
    },
  };
}

function statements({ grants }: ServiceFunction, resources: Resources): Value[] {
  return [
    ...grants.map(({ actions, on }) =>
      allow(
        actions,
        on.map((target) => arnOf(target, resources)),
      ),
    ),
    // The ARN of a log group ends in ":*", which is its log streams.
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [resources.logs]),
  ];
}

function arnOf(target: Target, resources: Resources): Value {
  if ('stream' in target) return resources.stream(target.stream, target.arn);
  if ('table' in target) return resources.table(target.table);
  return { 'Fn::Sub': `\${${resources.faults}.Arn}/${target.faults}/*` };
}

function allow(actions: readonly string[], resources: readonly Value[]): Value {
  return { Effect: 'Allow', Action: actions, Resource: resources };
}
