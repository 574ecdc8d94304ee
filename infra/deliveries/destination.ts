import type { Compression } from '../../shared/config/delivery.ts';
import type { Value } from '../cloudformation.ts';
import type { ServiceDelivery } from '../service.ts';
import type { Parts } from './delivery.ts';
import { formatConversion } from './parquet.ts';

type Properties = Readonly<Record<string, Value>>;

/** Firehose tries this long before a batch counts as failed and goes to the error prefix. */
const RETRY_SECONDS = 300;

/** The destination's configuration under the name that Firehose has for its kind. */
export function destination(item: ServiceDelivery, parts: Parts): Properties {
  if (item.config.redshift !== null) {
    return { RedshiftDestinationConfiguration: redshift(item, parts) };
  }
  if (item.config.openSearch !== null) {
    return { AmazonopensearchserviceDestinationConfiguration: openSearch(item, parts) };
  }
  return { ExtendedS3DestinationConfiguration: s3(item, parts) };
}

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html */
function s3(item: ServiceDelivery, parts: Parts): Properties {
  const { config, parquet } = item;
  const { partitionKeys, backup } = config;
  return {
    ...objects(item, parts, config.compression),
    ProcessingConfiguration: processing(item, parts),
    DynamicPartitioningConfiguration: {
      Enabled: partitionKeys.length > 0,
      ...(partitionKeys.length > 0 && { RetryOptions: { DurationInSeconds: RETRY_SECONDS } }),
    },
    ...(parquet && { DataFormatConversionConfiguration: formatConversion(parquet, parts) }),
    ...(backup !== null &&
      parts.backupArn !== null && {
        S3BackupMode: 'Enabled',
        S3BackupConfiguration: {
          RoleARN: arnOf(parts.role),
          BucketARN: parts.backupArn,
          Prefix: backup.prefix,
          ErrorOutputPrefix: config.errorPrefix,
          BufferingHints: buffering(item),
          CompressionFormat: 'GZIP',
          EncryptionConfiguration: encryption(item),
          CloudWatchLoggingOptions: logging(parts, 'backup'),
        },
      }),
  };
}

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_RedshiftDestinationConfiguration.html */
function redshift(item: ServiceDelivery, parts: Parts): Properties {
  const { url, secret, table, columns, options } = item.config.redshift!;
  return {
    RoleARN: arnOf(parts.role),
    ClusterJDBCURL: url,
    CopyCommand: {
      DataTableName: table,
      CopyOptions: options,
      ...(columns !== null && { DataTableColumns: columns }),
    },
    SecretsManagerConfiguration: { Enabled: true, SecretARN: secret, RoleARN: arnOf(parts.role) },
    RetryOptions: { DurationInSeconds: 3600 },
    ProcessingConfiguration: processing(item, parts),
    CloudWatchLoggingOptions: logging(parts, 'delivery'),
    S3Configuration: objects(item, parts, item.config.compression),
    ...backupMode(item, parts, 'Enabled'),
  };
}

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_AmazonopensearchserviceDestinationConfiguration.html */
function openSearch(item: ServiceDelivery, parts: Parts): Properties {
  const { domain, index, rotation, backup } = item.config.openSearch!;
  return {
    RoleARN: arnOf(parts.role),
    DomainARN: domain,
    IndexName: index,
    IndexRotationPeriod: ROTATIONS[rotation],
    BufferingHints: buffering(item),
    RetryOptions: { DurationInSeconds: 3600 },
    S3BackupMode: backup === 'all' ? 'AllDocuments' : 'FailedDocumentsOnly',
    ProcessingConfiguration: processing(item, parts),
    CloudWatchLoggingOptions: logging(parts, 'delivery'),
    S3Configuration: objects(item, parts, item.config.compression),
  };
}

const ROTATIONS = {
  none: 'NoRotation',
  hour: 'OneHour',
  day: 'OneDay',
  week: 'OneWeek',
  month: 'OneMonth',
} as const;

/** How objects lie in the bucket. */
function objects(item: ServiceDelivery, parts: Parts, compression: Compression): Properties {
  const { prefix, errorPrefix } = item.config;
  return {
    RoleARN: arnOf(parts.role),
    BucketARN: parts.bucketArn,
    Prefix: prefix,
    ErrorOutputPrefix: errorPrefix,
    BufferingHints: buffering(item),
    CompressionFormat: COMPRESSIONS[compression],
    EncryptionConfiguration: encryption(item),
    CloudWatchLoggingOptions: logging(parts, 'delivery'),
  };
}

const COMPRESSIONS: Record<Compression, string> = {
  none: 'UNCOMPRESSED',
  gzip: 'GZIP',
  zip: 'ZIP',
  snappy: 'Snappy',
  'hadoop-snappy': 'HADOOP_SNAPPY',
};

/**
 * The records pass the transform function, which ends each with a line break; where there is none,
 * Firehose puts the line breaks. https://docs.aws.amazon.com/firehose/latest/dev/data-transformation.html
 */
function processing({ config, isPacked }: ServiceDelivery, { transform, role }: Parts): Value {
  if (transform === null) {
    const line = { ParameterName: 'Delimiter', ParameterValue: '\\n' };
    return { Enabled: true, Processors: [{ Type: 'AppendDelimiterToRecord', Parameters: [line] }] };
  }
  const { mb, seconds } = transformBuffer({ config, isPacked });
  const parameters: Readonly<Record<string, Value>> = {
    LambdaArn: { 'Fn::Join': ['', [transform, ':$LATEST']] },
    NumberOfRetries: String(TRANSFORM_RETRIES),
    RoleArn: arnOf(role),
    BufferSizeInMBs: String(mb),
    BufferIntervalInSeconds: String(seconds),
  };
  const Parameters = Object.entries(parameters).map(([ParameterName, ParameterValue]) => ({
    ParameterName,
    ParameterValue,
  }));
  return { Enabled: true, Processors: [{ Type: 'Lambda', Parameters }] };
}

/** How often Firehose tries an invocation again that failed. */
export const TRANSFORM_RETRIES = 3;

/** What Firehose gathers for one invocation of the transformer. */
export function transformBuffer({
  config,
  isPacked,
}: Pick<ServiceDelivery, 'config' | 'isPacked'>) {
  // Leaves room in a response of 6 MB for rows that are longer than their records; 0.2 is the least.
  return { mb: isPacked ? 0.2 : 1, seconds: Math.min(60, config.buffer.seconds) };
}

function backupMode({ config }: ServiceDelivery, parts: Parts, on: string): Properties {
  const { backup } = config;
  if (backup === null || parts.backupArn === null) return {};
  return {
    S3BackupMode: on,
    S3BackupConfiguration: {
      RoleARN: arnOf(parts.role),
      BucketARN: parts.backupArn,
      Prefix: backup.prefix,
      CompressionFormat: 'GZIP',
      CloudWatchLoggingOptions: logging(parts, 'backup'),
    },
  };
}

function buffering({ config }: ServiceDelivery): Value {
  return { SizeInMBs: config.buffer.mb, IntervalInSeconds: config.buffer.seconds };
}

function encryption({ config }: ServiceDelivery): Value {
  if (config.kmsKey === null) return { NoEncryptionConfig: 'NoEncryption' };
  return { KMSEncryptionConfig: { AWSKMSKeyARN: config.kmsKey } };
}

function logging({ logGroup }: Parts, stream: 'delivery' | 'backup'): Value {
  return { Enabled: true, LogGroupName: { Ref: logGroup }, LogStreamName: stream };
}

function arnOf(logical: string): Value {
  return { 'Fn::GetAtt': [logical, 'Arn'] };
}
