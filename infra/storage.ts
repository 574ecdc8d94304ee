import type { Resource, Value } from './cloudformation.ts';
import type { ServiceStream, ServiceTable } from './service.ts';

/** Faults can be read and replayed for this long. */
export const FAULT_DAYS = { production: 365, other: 30 };

export function stream(item: ServiceStream, production: boolean): Resource {
  return {
    Type: 'AWS::Kinesis::Stream',
    ...removal(production),
    Properties: {
      Name: item.physicalName,
      StreamModeDetails: { StreamMode: 'PROVISIONED' },
      ShardCount: item.shards,
      RetentionPeriodHours: item.retentionHours,
      StreamEncryption: { EncryptionType: 'KMS', KeyId: 'alias/aws/kinesis' },
    },
  };
}

/** `changes`: the ARN of the stream that its changes go to. */
export function table(item: ServiceTable, production: boolean, changes?: Value): Resource {
  return {
    Type: 'AWS::DynamoDB::Table',
    ...removal(production),
    Properties: {
      TableName: item.physicalName,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      TimeToLiveSpecification: { AttributeName: 'expires', Enabled: true },
      SSESpecification: { SSEEnabled: true },
      PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: production },
      DeletionProtectionEnabled: production,
      // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html
      ...(changes && {
        KinesisStreamSpecification: {
          StreamArn: changes,
          ApproximateCreationDateTimePrecision: 'MICROSECOND',
        },
      }),
    },
  };
}

/**
 * CloudFormation names it: bucket names are global. It stays when the stack goes, in every stage: it
 * holds data, and a bucket with objects cannot be deleted. `days`: when an object expires, or null.
 */
export function bucket(days: number | null): Resource {
  return {
    Type: 'AWS::S3::Bucket',
    ...removal(true),
    Properties: {
      BucketEncryption: {
        ServerSideEncryptionConfiguration: [
          { ServerSideEncryptionByDefault: { SSEAlgorithm: 'AES256' } },
        ],
      },
      PublicAccessBlockConfiguration: {
        BlockPublicAcls: true,
        BlockPublicPolicy: true,
        IgnorePublicAcls: true,
        RestrictPublicBuckets: true,
      },
      OwnershipControls: { Rules: [{ ObjectOwnership: 'BucketOwnerEnforced' }] },
      LifecycleConfiguration: {
        Rules: [
          {
            Id: 'expire',
            Status: 'Enabled',
            ...(days !== null && { ExpirationInDays: days }),
            AbortIncompleteMultipartUpload: { DaysAfterInitiation: 1 },
          },
        ],
      },
    },
  };
}

/** Refuses every request that does not come over TLS. */
export function bucketPolicy(logical: string): Resource {
  return {
    Type: 'AWS::S3::BucketPolicy',
    Properties: {
      Bucket: { Ref: logical },
      PolicyDocument: {
        Version: '2012-10-17',
        Statement: [
          {
            Sid: 'TlsOnly',
            Effect: 'Deny',
            Principal: '*',
            Action: 's3:*',
            Resource: [{ 'Fn::GetAtt': [logical, 'Arn'] }, { 'Fn::Sub': `\${${logical}.Arn}/*` }],
            Condition: { Bool: { 'aws:SecureTransport': 'false' } },
          },
        ],
      },
    },
  };
}

function removal(kept: boolean) {
  const policy = kept ? 'Retain' : 'Delete';
  return { DeletionPolicy: policy, UpdateReplacePolicy: policy } as const;
}
