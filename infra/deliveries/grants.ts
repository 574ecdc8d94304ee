import type { Value } from '../cloudformation.ts';
import { allow } from '../roles.ts';
import type { ServiceDelivery } from '../service.ts';
import type { Parts } from './delivery.ts';

/**
 * What Firehose may do for one delivery: its stream, its prefixes of its buckets, its log, and what
 * its destination needs. https://docs.aws.amazon.com/firehose/latest/dev/controlling-access.html
 */
export function grants({ config, parquet }: ServiceDelivery, parts: Parts): Value[] {
  const { stream, bucketArn, backupArn, transform, logGroup } = parts;
  const { prefix, errorPrefix, backup, kmsKey, redshift, openSearch } = config;
  const statements = [
    allow(
      [
        'kinesis:DescribeStream',
        'kinesis:GetShardIterator',
        'kinesis:GetRecords',
        'kinesis:ListShards',
      ],
      [stream],
    ),
    ...bucketGrants(bucketArn, [prefix, errorPrefix]),
    allow(['logs:PutLogEvents'], [{ 'Fn::GetAtt': [logGroup, 'Arn'] }]),
  ];
  if (backupArn !== null && backup !== null) {
    statements.push(...bucketGrants(backupArn, [backup.prefix, errorPrefix]));
  }
  if (transform !== null) {
    const latest = { 'Fn::Join': ['', [transform, ':$LATEST']] };
    statements.push(
      allow(['lambda:InvokeFunction', 'lambda:GetFunctionConfiguration'], [transform, latest]),
    );
  }
  if (kmsKey !== null) statements.push(allow(['kms:Decrypt', 'kms:GenerateDataKey'], [kmsKey]));
  if (parquet !== null) statements.push(glueGrant(parts));
  if (redshift !== null) {
    statements.push(allow(['secretsmanager:GetSecretValue'], [redshift.secret]));
  }
  if (openSearch !== null) {
    statements.push(...openSearchGrants(openSearch.domain, openSearch.index));
  }
  return statements;
}

function bucketGrants(bucket: Value, prefixes: readonly string[]): Value[] {
  // A prefix may begin with an expression: then its objects may lie anywhere in the bucket.
  const fixed = new Set(prefixes.map((prefix) => prefix.replace(/!\{.*$/s, '')));
  const objects = [...fixed].map((prefix) => ({ 'Fn::Join': ['', [bucket, `/${prefix}*`]] }));
  return [
    allow(['s3:GetBucketLocation', 's3:ListBucket', 's3:ListBucketMultipartUploads'], [bucket]),
    allow(['s3:AbortMultipartUpload', 's3:GetObject', 's3:PutObject'], objects),
  ];
}

function glueGrant({ database, table }: Parts): Value {
  const glue = `arn:\${AWS::Partition}:glue:\${AWS::Region}:\${AWS::AccountId}`;
  return allow(
    ['glue:GetTable', 'glue:GetTableVersion', 'glue:GetTableVersions'],
    ['catalog', `database/\${${database}}`, `table/\${${database}}/\${${table}}`].map((name) => ({
      'Fn::Sub': `${glue}:${name}`,
    })),
  );
}

function openSearchGrants(domain: string, index: string): Value[] {
  const reads = [
    '_all/_settings',
    '_cluster/stats',
    `${index}*/_mapping/*`,
    '_nodes',
    '_nodes/*/stats',
    '_stats',
    `${index}*/_stats`,
  ];
  return [
    allow(
      [
        'es:DescribeDomain',
        'es:DescribeDomains',
        'es:DescribeDomainConfig',
        'es:ESHttpPost',
        'es:ESHttpPut',
      ],
      [domain, `${domain}/*`],
    ),
    allow(
      ['es:ESHttpGet'],
      reads.map((path) => `${domain}/${path}`),
    ),
  ];
}
