/** One API call: its share of the traffic, and what its request says. */
export interface Call {
  readonly service: string;
  readonly name: string;
  readonly weight: number;
  readonly parameters: readonly string[];
  readonly readOnly: boolean;
}

/**
 * The calls of a middling account, by service. `name:weight:parameters`; parameters name fields of
 * requestParameters, whose values cloudtrail-values.ts makes up.
 */
const CALLS: Readonly<Record<string, readonly string[]>> = {
  's3.amazonaws.com': [
    'GetBucketAcl:30:bucketName,Host,acl',
    'ListBuckets:14:Host',
    'GetBucketPolicy:10:bucketName,Host,policy',
    'GetBucketLocation:16:bucketName,Host,location',
    'GetBucketEncryption:9:bucketName,Host,encryption',
    'PutObject:22:bucketName,Host,key,x-amz-server-side-encryption',
    'GetObject:40:bucketName,Host,key',
    'DeleteObject:4:bucketName,Host,key',
  ],
  'ec2.amazonaws.com': [
    'DescribeInstances:36:instancesSet,filterSet',
    'DescribeVolumes:14:volumeSet,filterSet',
    'DescribeSecurityGroups:16:securityGroupSet,filterSet',
    'DescribeSubnets:9:subnetSet,filterSet',
    'DescribeInstanceStatus:12:instancesSet,filterSet',
    'RunInstances:3:instancesSet,instanceType,subnetId,clientToken,tagSpecificationSet',
    'CreateTags:4:resourcesSet,tagSet',
    'TerminateInstances:2:instancesSet',
    'AuthorizeSecurityGroupIngress:1:groupId,ipPermissions',
  ],
  'sts.amazonaws.com': [
    'AssumeRole:48:roleArn,roleSessionName,durationSeconds,externalId',
    'GetCallerIdentity:22:',
    'AssumeRoleWithWebIdentity:10:roleArn,roleSessionName',
  ],
  'iam.amazonaws.com': [
    'ListRoles:8:maxItems',
    'GetRole:14:roleName',
    'ListAttachedRolePolicies:8:roleName',
    'GetPolicyVersion:6:policyArn,versionId',
    'ListUsers:4:maxItems',
    'CreateAccessKey:1:userName',
    'PutRolePolicy:1:roleName,policyName,policyDocument',
  ],
  'kms.amazonaws.com': [
    'Decrypt:44:encryptionContext,encryptionAlgorithm',
    'GenerateDataKey:20:keyId,encryptionContext,keySpec',
    'DescribeKey:8:keyId',
    'ListAliases:3:maxItems',
  ],
  'logs.amazonaws.com': [
    'CreateLogStream:18:logGroupName,logStreamName',
    'DescribeLogGroups:8:logGroupNamePrefix,maxItems',
    'CreateLogGroup:2:logGroupName',
    'PutRetentionPolicy:2:logGroupName,retentionInDays',
  ],
  'lambda.amazonaws.com': [
    'ListFunctions20150331:7:maxItems',
    'GetFunction20150331v2:9:functionName',
    'UpdateFunctionCode20150331v2:2:functionName,dryRun,publish',
    'Invoke:24:functionName,invocationType',
  ],
  'dynamodb.amazonaws.com': [
    'DescribeTable:18:tableName',
    'ListTables:5:maxItems',
    'UpdateTable:2:tableName,billingMode',
    'DescribeContinuousBackups:3:tableName',
  ],
  'monitoring.amazonaws.com': [
    'DescribeAlarms:14:alarmNamePrefix,maxItems',
    'PutMetricAlarm:3:alarmName,metricName,namespace,threshold,dimensions',
    'GetMetricData:10:metricDataQueries',
  ],
  'ssm.amazonaws.com': [
    'GetParameter:16:name,withDecryption',
    'GetParameters:9:names,withDecryption',
    'UpdateInstanceInformation:26:instanceId,agentVersion,agentStatus,platformType',
    'DescribeInstanceInformation:4:filterSet,maxItems',
  ],
  'secretsmanager.amazonaws.com': [
    'GetSecretValue:15:secretId',
    'DescribeSecret:4:secretId',
    'ListSecrets:2:maxItems',
  ],
  'rds.amazonaws.com': [
    'DescribeDBInstances:9:dBInstanceIdentifier,maxItems',
    'DescribeDBSnapshots:4:dBInstanceIdentifier',
    'CreateDBSnapshot:1:dBInstanceIdentifier,dBSnapshotIdentifier',
  ],
  'ecs.amazonaws.com': [
    'DescribeTasks:8:cluster,tasks',
    'DescribeServices:8:cluster,services',
    'RegisterTaskDefinition:1:family,containerDefinitions',
    'SubmitTaskStateChange:5:cluster,task,status',
  ],
  'cloudformation.amazonaws.com': [
    'DescribeStacks:8:stackName',
    'ListStackResources:3:stackName',
    'CreateChangeSet:1:stackName,clientToken,tagSet',
  ],
  'kinesis.amazonaws.com': [
    'DescribeStreamSummary:7:streamName',
    'ListShards:4:streamName,maxItems',
    'UpdateShardCount:1:streamName,targetShardCount,scalingType',
  ],
};

export const CATALOG: readonly Call[] = Object.entries(CALLS).flatMap(([service, calls]) =>
  calls.map((call) => {
    const [name = '', weight = '', parameters = ''] = call.split(':');
    return {
      service,
      name,
      weight: Number(weight),
      parameters: parameters === '' ? [] : parameters.split(','),
      readOnly: /^(Get|List|Describe|Decrypt|AssumeRole)/.test(name),
    };
  }),
);

export const REGIONS = ['eu-west-1', 'us-east-1', 'eu-central-1', 'us-west-2', 'ap-southeast-2'];

export const ROLES = [
  'deploy-pipeline',
  'web-backend',
  'order-worker',
  'metrics-collector',
  'backup-nightly',
  'security-audit',
  'image-resizer',
  'report-builder',
  'eks-node-group',
  'search-indexer',
  'billing-export',
  'mail-sender',
  'admin-break-glass',
];

export const USERS = [
  'anna.keller',
  'bo.lindqvist',
  'carmen.ortiz',
  'dmitri.volkov',
  'esra.yilmaz',
  'farid.haddad',
  'grace.obi',
  'hana.sato',
  'ivan.petrov',
  'julia.santos',
  'ci-legacy',
  'terraform',
];

export const AGENTS = [
  'Boto3/1.40.11 md/Botocore#1.40.11 ua/2.1 os/linux#6.8.0-1029-aws md/arch#x86_64 lang/python#3.12.3',
  'aws-sdk-js/3.1120.0 ua/2.1 os/linux#5.10.245 lang/js md/nodejs#24.11.0 api/s3#3.1120.0',
  'aws-cli/2.31.9 md/awscrt#0.27.6 ua/2.1 os/macos#25.0.0 md/arch#arm64 lang/python#3.13.7',
  'APN/1.0 HashiCorp/1.0 Terraform/1.13.4 terraform-provider-aws/6.18.0 aws-sdk-go-v2/1.39.2',
  'aws-sdk-java/2.35.7 Linux/6.1.155 OpenJDK_64-Bit_Server_VM/21.0.8+9-LTS Java/21.0.8 io/sync',
  'console.amazonaws.com',
  'aws-sdk-go-v2/1.39.2 os/linux lang/go#1.25.1 md/GOARCH#arm64 api/ssm#1.65.1 amazon-ssm-agent/3.3.3050.0',
];

/** What goes wrong, with its share among the failures. */
export const ERRORS: readonly (readonly [code: string, message: string, weight: number])[] = [
  ['AccessDenied', 'User is not authorized to perform this action', 46],
  ['ThrottlingException', 'Rate exceeded', 24],
  ['Client.UnauthorizedOperation', 'You are not authorized to perform this operation.', 12],
  ['ResourceNotFoundException', 'Requested resource not found', 8],
  ['NoSuchBucketPolicy', 'The bucket policy does not exist', 6],
  ['ValidationException', '1 validation error detected', 4],
];
