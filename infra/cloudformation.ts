import type { Source } from '../shared/config/sources.ts';
import { alarms } from './alarms.ts';
import { deliveryResources } from './deliveries/delivery.ts';
import type { Mapping, ServiceFunction } from './function.ts';
import { HTTP_OUTPUT, httpApi } from './http-api.ts';
import { role } from './roles.ts';
import { scalingResources } from './scaling/scaling.ts';
import type { Service } from './service.ts';
import { sourceResources } from './sources.ts';
import { bucket, bucketPolicy, FAULT_DAYS, stream, table } from './storage.ts';

/** A value of a CloudFormation template. */
export type Value =
  | string
  | number
  | boolean
  | readonly Value[]
  | { readonly [key: string]: Value };

export interface Resource {
  readonly Type: string;
  readonly DeletionPolicy?: 'Retain' | 'Delete';
  readonly UpdateReplacePolicy?: 'Retain' | 'Delete';
  readonly DependsOn?: readonly string[];
  readonly Properties: { readonly [key: string]: Value };
}

/** Logical names that osls gives to what it makes itself. */
export interface FrameworkNames {
  readonly lambda: (functionName: string) => string;
  readonly logGroup: (functionName: string) => string;
}

export interface Template {
  /** For the key `functions` of serverless.yml. */
  readonly functions: Readonly<Record<string, Readonly<Record<string, Value>>>>;
  /** For `resources.Resources`. */
  readonly resources: Readonly<Record<string, Resource>>;
  /** For `resources.Outputs`. */
  readonly outputs: Readonly<Record<string, Output>>;
}

export interface Output {
  readonly Description: string;
  readonly Value: Value;
}

/**
 * The service as osls functions and CloudFormation resources.
 * The stage "prod" keeps its streams and tables when the stack goes, and can be restored; every stage
 * keeps its fault bucket. `alarmTopic`: the ARN of the SNS topic that is told of alarms, or nothing.
 */
export function toTemplate(service: Service, names: FrameworkNames, alarmTopic?: Value): Template {
  const production = service.stage === 'prod';
  const resources: Record<string, Resource> = {};
  const add = (id: string, resource: Resource) => {
    if (Object.hasOwn(resources, id)) throw new Error(`two resources have the logical name ${id}`);
    resources[id] = resource;
  };

  for (const item of service.streams)
    add(logicalName('Stream', item.name), stream(item, production));
  const streamArn = (name: string, arn: string | null) => arn ?? arnOf(logicalName('Stream', name));
  for (const item of service.tables) {
    const captured = service.sources.find(({ source }) => isCaptureOf(source, item.name));
    const into = captured && streamArn(captured.stream, captured.arn);
    add(logicalName('Table', item.name), table(item, production, into));
  }
  add('Faults', bucket(production ? FAULT_DAYS.production : FAULT_DAYS.other));
  add('FaultsPolicy', bucketPolicy('Faults'));
  for (const item of service.sources) {
    const { stream: name, arn } = item;
    const place = {
      stream: streamArn(name, arn),
      streamName: arn?.split('/').at(-1) ?? { Ref: logicalName('Stream', name) },
      faults: 'Faults',
      logical: (kind: string) => logicalName(kind, item.name),
    };
    for (const [id, one] of Object.entries(sourceResources(item, place))) add(id, one);
  }
  for (const item of service.functions) {
    const lambda = names.lambda(item.name);
    const logs = arnOf(names.logGroup(item.name));
    const table = (name: string) => arnOf(logicalName('Table', name));
    add(roleName(item), role(item, { stream: streamArn, table, logs, faults: 'Faults' }));
    const { mapping } = item;
    if (mapping !== null) {
      const source = streamArn(mapping.stream, mapping.arn);
      add(mappingName(item.name, mapping), eventSourceMapping(mapping, source, lambda));
    }
    const raised = alarms(item, lambda, service.stage, alarmTopic);
    for (const [kind, one] of Object.entries(raised)) add(logicalName(kind, item.name), one);
  }
  for (const item of service.deliveries) {
    const place = {
      stream: streamArn(item.config.stream, item.arn),
      transform: item.transform === null ? null : arnOf(names.lambda(item.transform)),
      production,
      logical: (kind: string) => logicalName(kind, item.name),
    };
    for (const [id, one] of Object.entries(deliveryResources(item, place))) add(id, one);
  }
  for (const item of service.scalings) {
    const place = {
      lambda: names.lambda(item.fn),
      stage: service.stage,
      alarmTopic,
      logical: (kind: string) => logicalName(`Scaling${kind}`, item.stream),
    };
    for (const [id, one] of Object.entries(scalingResources(item, place))) add(id, one);
  }
  if (service.http !== null) {
    const { lambda } = names;
    const made = httpApi(service.http, { lambda, logical: logicalName, production });
    for (const [id, one] of Object.entries(made)) add(id, one);
  }
  const functions = service.functions.map((item) => [item.name, toFunction(item, production)]);
  return { functions: Object.fromEntries(functions), resources, outputs: toOutputs(service) };
}

function isCaptureOf(source: Source, table: string): boolean {
  return source.kind === 'dynamodb' && source.table === table;
}

/** What a person or another stack needs to find the data. */
function toOutputs({ streams, tables, deliveries, http }: Service): Template['outputs'] {
  const ofStreams = streams.map(({ name }): [string, Output] => {
    const logical = logicalName('Stream', name);
    return [`${logical}Arn`, { Description: `ARN of stream ${name}`, Value: arnOf(logical) }];
  });
  const ofTables = tables.map(({ name }): [string, Output] => {
    const logical = logicalName('Table', name);
    return [`${logical}Name`, { Description: `Name of table ${name}`, Value: { Ref: logical } }];
  });
  const ofDeliveries = deliveries
    .filter(({ config }) => config.bucket === null)
    .map(({ name }): [string, Output] => {
      const logical = logicalName('Bucket', name);
      return [
        `${logical}Name`,
        { Description: `Name of the bucket of delivery ${name}`, Value: { Ref: logical } },
      ];
    });
  const faults = { Description: 'Name of the fault bucket', Value: { Ref: 'Faults' } };
  const all = [...ofStreams, ...ofTables, ...ofDeliveries, ...(http === null ? [] : [HTTP_OUTPUT])];
  return { FaultsBucketName: faults, ...Object.fromEntries(all) };
}

function toFunction(item: ServiceFunction, production: boolean): Record<string, Value> {
  const environment = Object.entries(item.environment).map(([name, value]) => [
    name,
    value.includes('${') ? { 'Fn::Sub': value } : value,
  ]);
  return {
    name: item.physicalName,
    description: item.description,
    handler: `dist/${item.name}/handler.handler`,
    memorySize: item.memoryMb,
    timeout: item.timeoutSeconds,
    environment: Object.fromEntries(environment),
    role: roleName(item),
    logRetentionInDays: production ? 365 : 14,
    package: { patterns: [`dist/${item.name}/**`] },
  };
}

/**
 * Written out rather than as a `stream` event of osls, whose role statements and defaults are not
 * ours. https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
 */
function eventSourceMapping(mapping: Mapping, streamArn: Value, lambda: string): Resource {
  return {
    Type: 'AWS::Lambda::EventSourceMapping',
    Properties: {
      EventSourceArn: streamArn,
      FunctionName: arnOf(lambda),
      Enabled: true,
      StartingPosition: mapping.startingPosition,
      BatchSize: mapping.batchSize,
      MaximumBatchingWindowInSeconds: mapping.batchWindowSeconds,
      ParallelizationFactor: mapping.parallelizationFactor,
      TumblingWindowInSeconds: mapping.tumblingWindowSeconds,
      MaximumRetryAttempts: mapping.maximumRetryAttempts,
      MaximumRecordAgeInSeconds: mapping.maximumRecordAgeSeconds,
      BisectBatchOnFunctionError: mapping.bisectBatchOnFunctionError,
      FunctionResponseTypes: mapping.functionResponseTypes,
    },
  };
}

/** Another window, another mapping: CloudFormation replaces it together with its function. */
function mappingName(name: string, { tumblingWindowSeconds }: Mapping): string {
  const plain = logicalName('Mapping', name);
  return tumblingWindowSeconds > 0 ? `${plain}Window${tumblingWindowSeconds}` : plain;
}

function roleName(item: ServiceFunction): string {
  return logicalName('Role', item.name);
}

/** CloudFormation takes letters and digits only; other characters become words, so that a-b and a_b stay two. */
function logicalName(kind: string, name: string): string {
  const words: Record<string, string> = { '-': 'Dash', _: 'Underscore', '.': 'Dot' };
  const plain = name.replace(/[^A-Za-z0-9]/g, (character) => words[character] ?? '');
  return `${kind}${plain.charAt(0).toUpperCase()}${plain.slice(1)}`;
}

function arnOf(logical: string): Value {
  return { 'Fn::GetAtt': [logical, 'Arn'] };
}
