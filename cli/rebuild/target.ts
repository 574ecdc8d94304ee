import { DynamoDBClient, paginateScan } from '@aws-sdk/client-dynamodb';
import { DescribeStreamSummaryCommand, type KinesisClient } from '@aws-sdk/client-kinesis';
import { outputName, stateName } from '../../functions/aggregate/address.ts';
import type { Context } from '../../functions/aggregate/context.ts';
import { pointerKey, programOf, readPointer } from '../../functions/aggregate/pointer.ts';
import { epochsKey } from '../../functions/aggregate/rules.ts';
import { isStreamFunction } from '../../infra/function.ts';
import { describeService, isStage, STAGES_ARE } from '../../infra/service.ts';
import { takenAsTheyCome } from '../../local/lateness.ts';
import type { Application } from '../../shared/config/application.ts';
import { listShards } from '../../shared/producer/list-shards.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { findApplication } from '../application.ts';
import { explainAws, nameOf } from '../aws-errors.ts';
import { CommandError } from '../errors.ts';
import { openKinesis } from '../stream.ts';
import type { Scan } from './compare.ts';

/** An application where it is deployed, and the way to it. */
export interface Target {
  readonly context: Context;
  readonly program: string;
  /** Where its function sets faults aside; null: it has not run yet. */
  readonly faults: string | null;
  /** Of the live generation. */
  readonly salt: string;
  readonly stream: {
    readonly name: string;
    readonly retentionMs: number;
    readonly shards: readonly string[];
  };
  readonly kinesis: KinesisClient;
  readonly dynamodb: DynamoDBClient;
  readonly scan: Scan;
  /** Physical names. */
  readonly outputTables: readonly string[];
  /** How long an invocation may run. */
  readonly timeoutMs: number;
  /** How long a batch may wait for more records. */
  readonly batchWindowMs: number;
  /** The function has told what it runs. */
  readonly hasRun: boolean;
}

export interface TargetOptions {
  readonly name: string;
  readonly config: string | undefined;
  readonly stage: string;
}

/**
 * Finds the application in streams.yml and on AWS. null and the errors of streams.yml or its
 * programs, for people, where there are any. Throws CommandError, also where the function runs
 * another program than the one that is here: what it would fill, no function would go on with.
 */
export async function openTarget({
  name,
  config,
  stage,
}: TargetOptions): Promise<Target | { readonly errors: string }> {
  const found = findApplication(name, config);
  if ('errors' in found) return found;
  const written = found.application;
  if (!isStage(stage)) throw new CommandError(`the stage "${stage}" cannot be used: ${STAGES_ARE}`);
  const service = describeService([written], found.config, stage);
  const fn = service.functions.find(isStreamFunction)!;
  const {
    SLUICE_TABLE_PREFIX: prefix,
    SLUICE_STATE_TABLE: state,
    SLUICE_STREAM: streamName,
  } = fn.environment;
  const tables = { prefix: prefix!, state: state! };
  const dynamodb = new DynamoDBClient({ maxAttempts: 8 });
  const kinesis = openKinesis();
  const store = dynamoStore(dynamodb);
  const item = await store.read(pointerKey(written, tables)).catch((error: unknown) => {
    throw explainTable(tables.state, stage, error);
  });
  const pointer = readPointer(item);
  const application = chosenForm(written, pointer.program);
  return {
    context: { application, graph: arrange(application.plan), tables, store },
    program: programOf(application),
    faults: pointer.faults,
    salt: pointer.salt,
    stream: await describeStream(kinesis, streamName!),
    kinesis,
    dynamodb,
    scan: scanOf(dynamodb),
    outputTables: [
      ...new Set(Object.values(application.outputs).map(({ table }) => tables.prefix + table)),
    ],
    timeoutMs: fn.timeoutSeconds * 1_000,
    batchWindowMs: fn.mapping.batchWindowSeconds * 1_000,
    hasRun: pointer.program !== null,
  };
}

/** The beginnings of all partition keys of one generation: results, state, who has read the shards. */
export function generationNames({ application, graph, tables }: Context, salt: string): string[] {
  const outputs = Object.keys(application.outputs);
  return [
    ...outputs.map((stream) => outputName(application, graph, stream, salt)),
    ...graph.nodes.map((node) => stateName(application, graph, node, salt)),
    epochsKey(application, tables, salt)('').pk,
  ];
}

/** `npm start` takes the events of a file as they come; its functions say which of the two they do. */
function chosenForm(written: Application, program: string | null): Application {
  if (program === null || program === programOf(written)) return written;
  const lenient = takenAsTheyCome(written);
  if (program === programOf(lenient)) return lenient;
  throw new CommandError(
    `the function of ${written.name} runs another program, schema or settings than this streams.yml says`,
    'deploy first, so that the function goes on with what is rebuilt; or check out what is deployed',
  );
}

async function describeStream(client: KinesisClient, name: string): Promise<Target['stream']> {
  try {
    const { StreamDescriptionSummary } = await client.send(
      new DescribeStreamSummaryCommand({ StreamName: name }),
    );
    const shards = await listShards(client, name);
    const retentionMs = StreamDescriptionSummary!.RetentionPeriodHours! * 3_600_000;
    return { name, retentionMs, shards: shards.map(({ ShardId }) => ShardId!) };
  } catch (error) {
    const needs =
      'kinesis:DescribeStreamSummary, kinesis:ListShards, kinesis:GetShardIterator and kinesis:GetRecords';
    throw explainAws({ what: `stream ${name} cannot be read`, service: 'Kinesis', needs }, error);
  }
}

function explainTable(table: string, stage: string, error: unknown): CommandError {
  if (nameOf(error) === 'ResourceNotFoundException') {
    const hint = 'AWS_REGION and --stage decide where to look; npm start is stage local';
    return new CommandError(
      `there is no table ${table}: stage ${stage} is not deployed there`,
      hint,
      { cause: error },
    );
  }
  const needs =
    'dynamodb:GetItem, dynamodb:PutItem, dynamodb:UpdateItem and dynamodb:Scan on the tables of the stage';
  return explainAws({ what: `table ${table} cannot be used`, service: 'DynamoDB', needs }, error);
}

/** A page has at most 1 MB: it is what a scan holds. */
function scanOf(client: DynamoDBClient): Scan {
  return async function* (table) {
    for await (const { Items } of paginateScan({ client }, { TableName: table })) yield Items ?? [];
  };
}
