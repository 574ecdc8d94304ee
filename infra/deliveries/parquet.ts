import type { Column, SqlType } from '../../shared/sql/types.ts';
import type { Resource, Value } from '../cloudformation.ts';
import type { ServiceDelivery } from '../service.ts';
import type { Parts } from './delivery.ts';

/** Glue takes lower case letters, digits and underscores: glue/latest/dg/define-database.html */
function glueName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9_]/g, '_');
}

export function glueDatabase({ physicalName }: ServiceDelivery): Resource {
  return {
    Type: 'AWS::Glue::Database',
    Properties: {
      CatalogId: { Ref: 'AWS::AccountId' },
      DatabaseInput: { Name: glueName(physicalName) },
    },
  };
}

/** Says what the columns are; Athena can read the objects by it. */
export function glueTable(
  { physicalName, config }: ServiceDelivery,
  columns: readonly Column[],
  { database, bucketArn }: Parts,
): Resource {
  const fixed = config.prefix.replace(/!\{.*$/s, '');
  return {
    Type: 'AWS::Glue::Table',
    Properties: {
      CatalogId: { Ref: 'AWS::AccountId' },
      DatabaseName: { Ref: database },
      TableInput: {
        Name: glueName(physicalName),
        TableType: 'EXTERNAL_TABLE',
        Parameters: { classification: 'parquet' },
        StorageDescriptor: {
          Columns: columns.map(({ name, type }) => ({
            Name: glueName(name),
            Type: glueType(type),
          })),
          Location: {
            'Fn::Join': ['', ['s3://', bucketName(bucketArn), `/${fixed}`]],
          },
          InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
          OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
          SerdeInfo: {
            SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
          },
        },
      },
    },
  };
}

/** https://docs.aws.amazon.com/firehose/latest/dev/record-format-conversion.html */
export function formatConversion(
  columns: readonly Column[],
  { database, table, role }: Parts,
): Value {
  const renamed = columns
    .filter(({ name }) => glueName(name) !== name)
    .map(({ name }) => [glueName(name), name]);
  return {
    Enabled: true,
    InputFormatConfiguration: {
      Deserializer: {
        OpenXJsonSerDe: {
          CaseInsensitive: false,
          ...(renamed.length > 0 && { ColumnToJsonKeyMappings: Object.fromEntries(renamed) }),
        },
      },
    },
    OutputFormatConfiguration: {
      Serializer: { ParquetSerDe: { Compression: 'SNAPPY' } },
    },
    SchemaConfiguration: {
      CatalogId: { Ref: 'AWS::AccountId' },
      DatabaseName: { Ref: database },
      TableName: { Ref: table },
      Region: { Ref: 'AWS::Region' },
      RoleARN: { 'Fn::GetAtt': [role, 'Arn'] },
      VersionId: 'LATEST',
    },
  };
}

/** https://docs.aws.amazon.com/athena/latest/ug/data-types.html; DATE and TIME stay text, as the lines have them. */
function glueType(type: SqlType): string {
  switch (type.name) {
    case 'DECIMAL':
      return `decimal(${type.precision},${type.scale})`;
    case 'INTEGER':
      return 'int';
    case 'REAL':
      return 'float';
    case 'TIMESTAMP':
    case 'BOOLEAN':
    case 'TINYINT':
    case 'SMALLINT':
    case 'BIGINT':
    case 'DOUBLE':
      return type.name.toLowerCase();
    default:
      return 'string';
  }
}

/** The last part of the ARN. */
function bucketName(arn: Value): Value {
  return { 'Fn::Select': [5, { 'Fn::Split': [':', arn] }] };
}
