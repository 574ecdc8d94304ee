import type { Resource, Value } from './cloudformation.ts';
import type { ServiceFunction } from './service.ts';

export interface Reach {
  /** ARNs. */
  readonly stream: Value;
  readonly tables: readonly Value[];
  readonly logs: Value;
  /** Logical name of the bucket. */
  readonly faults: string;
}

/**
 * The role of one function: its stream, its tables, its own corner of the fault bucket, its log
 * group. kinesis:ListStreams knows no resource but `*` and reading one stream does not need it.
 */
export function role(item: ServiceFunction, reach: Reach): Resource {
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
          PolicyDocument: { Version: '2012-10-17', Statement: statements(item, reach) },
        },
      ],
    },
  };
}

function statements(item: ServiceFunction, { stream, tables, logs, faults }: Reach): Value[] {
  return [
    allow(
      [
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ],
      [stream],
    ),
    allow(['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem'], tables),
    allow(['s3:PutObject'], [{ 'Fn::Sub': `\${${faults}.Arn}/${item.faultsPrefix}/*` }]),
    // The ARN of a log group ends in ":*", which is its log streams.
    allow(['logs:CreateLogStream', 'logs:PutLogEvents'], [logs]),
  ];
}

function allow(actions: readonly string[], resources: readonly Value[]): Value {
  return { Effect: 'Allow', Action: actions, Resource: resources };
}
