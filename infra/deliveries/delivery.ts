import type { Resource, Value } from '../cloudformation.ts';
import { serviceRole } from '../roles.ts';
import type { ServiceDelivery } from '../service.ts';
import { bucket, bucketPolicy } from '../storage.ts';
import { destination } from './destination.ts';
import { grants } from './grants.ts';
import { glueDatabase, glueTable } from './parquet.ts';

/** What the resources of a delivery point to. */
export interface DeliveryPlace {
  /** ARN of the stream. */
  readonly stream: Value;
  /** ARN of the transform function, or null. */
  readonly transform: Value | null;
  readonly production: boolean;
  /** Gives a resource of this kind its logical name. */
  readonly logical: (kind: string) => string;
}

/** The logical names and ARNs that the parts of one delivery tell each other. */
export interface Parts extends DeliveryPlace {
  readonly role: string;
  readonly bucketArn: Value;
  readonly backupArn: Value | null;
  readonly logGroup: string;
  readonly database: string;
  readonly table: string;
}

/**
 * The Firehose stream of a delivery with a role of its own, its log, its bucket if none was named,
 * and for Parquet the table that says what the columns are.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-kinesisfirehose-deliverystream.html
 */
export function deliveryResources(
  item: ServiceDelivery,
  place: DeliveryPlace,
): Readonly<Record<string, Resource>> {
  const { config, physicalName } = item;
  const { logical, production } = place;
  const own = logical('Bucket');
  const parts: Parts = {
    ...place,
    role: logical('DeliveryRole'),
    bucketArn: config.bucket === null ? arnOf(own) : bucketArn(config.bucket),
    backupArn: config.backup && bucketArn(config.backup.bucket),
    logGroup: logical('DeliveryLog'),
    database: logical('Database'),
    table: logical('Columns'),
  };
  const logStreams = ['delivery', ...(config.backup ? ['backup'] : [])];
  return {
    ...(config.bucket === null && {
      [own]: bucket(null),
      [logical('BucketPolicy')]: bucketPolicy(own),
    }),
    ...(item.parquet && {
      [parts.database]: glueDatabase(item),
      [parts.table]: glueTable(item, item.parquet, parts),
    }),
    [parts.logGroup]: {
      Type: 'AWS::Logs::LogGroup',
      Properties: {
        LogGroupName: `/aws/kinesisfirehose/${physicalName}`,
        RetentionInDays: production ? 365 : 14,
      },
    },
    ...Object.fromEntries(
      logStreams.map((name) => [
        logical(`DeliveryLog${name}`),
        {
          Type: 'AWS::Logs::LogStream',
          Properties: { LogGroupName: { Ref: parts.logGroup }, LogStreamName: name },
        },
      ]),
    ),
    [parts.role]: serviceRole('firehose', physicalName, grants(item, parts), {
      StringEquals: { 'sts:ExternalId': { Ref: 'AWS::AccountId' } },
    }),
    [logical('Delivery')]: {
      Type: 'AWS::KinesisFirehose::DeliveryStream',
      Properties: {
        DeliveryStreamName: physicalName,
        DeliveryStreamType: 'KinesisStreamAsSource',
        KinesisStreamSourceConfiguration: {
          KinesisStreamARN: place.stream,
          RoleARN: arnOf(parts.role),
        },
        ...destination(item, parts),
      },
    },
  };
}

function bucketArn(name: string): Value {
  return { 'Fn::Sub': `arn:\${AWS::Partition}:s3:::${name}` };
}

function arnOf(logical: string): Value {
  return { 'Fn::GetAtt': [logical, 'Arn'] };
}
