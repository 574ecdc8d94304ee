import type { Random } from './random.ts';

const NAMES = ['orders', 'images', 'reports', 'sessions', 'invoices', 'search', 'audit', 'exports'];
const STAGES = ['prod', 'prod', 'prod', 'staging', 'dev'];

/** A made-up value of a field of requestParameters: plausible, and of varying size. */
export function parameterValue(field: string, random: Random, account: string): unknown {
  const name = () => `${random.pick(NAMES)}-${random.pick(STAGES)}`;
  const list = (key: string, make: () => unknown, most = 6) => ({
    items: Array.from({ length: random.int(1, most) }, () => ({ [key]: make() })),
  });
  switch (field) {
    case 'bucketName':
      return `${name()}-${account}`;
    case 'Host':
      return `${name()}-${account}.s3.amazonaws.com`;
    case 'key':
      return `${random.pick(NAMES)}/2026/${random.int(1, 12)}/${random.uuid()}/part-${random.hex(12)}.parquet`;
    case 'acl':
    case 'policy':
    case 'location':
    case 'encryption':
      return '';
    case 'x-amz-server-side-encryption':
      return 'aws:kms';
    case 'instancesSet':
      return list('instanceId', () => `i-0${random.hex(16)}`, 12);
    case 'volumeSet':
      return list('volumeId', () => `vol-0${random.hex(16)}`, 12);
    case 'securityGroupSet':
      return list('groupId', () => `sg-0${random.hex(16)}`);
    case 'subnetSet':
      return list('subnetId', () => `subnet-0${random.hex(16)}`);
    case 'resourcesSet':
      return list('resourceId', () => `i-0${random.hex(16)}`);
    case 'filterSet':
      return {
        items: [{ name: 'tag:service', valueSet: list('value', name, 4) }],
      };
    case 'tagSet':
    case 'tagSpecificationSet':
      return {
        items: ['service', 'stage', 'owner', 'cost-centre']
          .slice(0, random.int(1, 4))
          .map((key) => ({ key, value: name() })),
      };
    case 'ipPermissions':
      return {
        items: [
          {
            ipProtocol: 'tcp',
            fromPort: 443,
            toPort: 443,
            ipRanges: list('cidrIp', () => '10.0.0.0/8'),
          },
        ],
      };
    case 'roleArn':
      return `arn:aws:iam::${account}:role/${name()}`;
    case 'policyArn':
      return `arn:aws:iam::${account}:policy/${name()}`;
    case 'policyDocument':
      return JSON.stringify({
        Version: '2012-10-17',
        Statement: Array.from({ length: random.int(1, 4) }, () => ({
          Effect: 'Allow',
          Action: ['dynamodb:GetItem', 'dynamodb:UpdateItem'],
          Resource: `arn:aws:dynamodb:eu-west-1:${account}:table/${name()}`,
        })),
      });
    case 'encryptionContext':
      return { 'aws:s3:arn': `arn:aws:s3:::${name()}-${account}/${random.uuid()}` };
    case 'containerDefinitions':
      return Array.from({ length: random.int(1, 3) }, () => ({
        name: name(),
        image: `${account}.dkr.ecr.eu-west-1.amazonaws.com/${name()}@sha256:${random.hex(64)}`,
        cpu: 256,
        memory: 512,
      }));
    case 'metricDataQueries':
      return Array.from({ length: random.int(1, 6) }, (_, i) => ({
        id: `m${i}`,
        metricStat: { metric: { namespace: 'AWS/Lambda', metricName: 'Errors' }, period: 60 },
      }));
    case 'names':
    case 'tasks':
    case 'services':
      return Array.from({ length: random.int(1, 8) }, () => `/${name()}/${random.hex(8)}`);
    case 'dimensions':
      return [{ name: 'FunctionName', value: name() }];
    case 'maxItems':
      return random.pick([50, 100, 1000]);
    case 'durationSeconds':
      return 3600;
    case 'withDecryption':
    case 'publish':
      return true;
    case 'dryRun':
      return false;
    case 'threshold':
    case 'targetShardCount':
    case 'retentionInDays':
      return random.int(1, 30);
    case 'instanceType':
      return random.pick(['m7g.large', 'c7g.xlarge', 't4g.medium']);
    case 'instanceId':
      return `i-0${random.hex(16)}`;
    case 'keyId':
      return `arn:aws:kms:eu-west-1:${account}:key/${random.uuid()}`;
    default:
      return /Token|externalId/.test(field) ? random.uuid() : name();
  }
}
