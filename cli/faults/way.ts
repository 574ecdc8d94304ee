import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createRedriver, type RedriveAnswer } from '../../functions/redrive/redriver.ts';
import type { RedriveRequest } from '../../functions/redrive/request.ts';
import { isStreamFunction } from '../../infra/function.ts';
import { redriveName } from '../../infra/functions/redrive.ts';
import { describeService } from '../../infra/service.ts';
import { takenAsTheyCome } from '../../local/lateness.ts';
import type { Application } from '../../shared/config/application.ts';
import { type FaultArchive, openPrefix } from '../../shared/consume/fault-archives.ts';
import { createShardRanges } from '../../shared/consume/shard-ranges.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { findApplication } from '../application.ts';
import { explainAws, nameOf } from '../aws-errors.ts';
import { CommandError } from '../errors.ts';
import type { Place } from './place.ts';

/** Does what fits one run; its answer says where to go on. */
export type Redrive = (request: RedriveRequest) => Promise<RedriveAnswer>;

/** Asks the function that is deployed: it knows the program that runs, and may write the tables. */
export async function throughLambda(application: string, stage: string): Promise<Redrive> {
  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
  const name = redriveName(`sluice-${stage}-`, application);
  const client = new LambdaClient({});
  return async ({ from, to, ...request }) => {
    const isoOf = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
    const event = { application, ...request, from: isoOf(from), to: isoOf(to) };
    const { Payload, FunctionError } = await client
      .send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }))
      .catch((error: unknown) => {
        throw explainInvoke(name, stage, error);
      });
    const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
    if (FunctionError === undefined) return answer as RedriveAnswer;
    const { errorMessage } = answer as { errorMessage?: string };
    throw new CommandError(
      `${name} failed: ${errorMessage ?? FunctionError}`,
      'its log says more; what is done stays done, and the same command goes on',
    );
  };
}

function explainInvoke(name: string, stage: string, error: unknown): CommandError {
  if (nameOf(error) === 'ResourceNotFoundException') {
    return new CommandError(
      `there is no function ${name}: stage ${stage} is not deployed there, or has no such application`,
      'AWS_REGION and --stage decide where to look',
      { cause: error },
    );
  }
  const what = `${name} cannot be invoked`;
  return explainAws({ what, service: 'Lambda', needs: 'lambda:InvokeFunction on it' }, error);
}

/**
 * Runs the program of streams.yml here, over tables that the environment points to: beside
 * `npm start`, where no function is deployed.
 */
export async function inProcess(
  name: string,
  { archive, stage, url }: Place,
  config: string | undefined,
): Promise<Redrive | { readonly errors: string }> {
  const found = findApplication(name, config);
  if ('errors' in found) return found;
  const application = await asRefused(found.application, archive);
  const { functions } = describeService([application], found.config, stage, url);
  const { environment } = functions.find(isStreamFunction)!;
  const { SLUICE_TABLE_PREFIX: prefix, SLUICE_STATE_TABLE: state } = environment;
  const redrive = createRedriver(
    {
      application,
      graph: arrange(application.plan),
      tables: { prefix: prefix!, state: state! },
      store: dynamoStore(new DynamoDBClient({ maxAttempts: 5 })),
    },
    {
      archive,
      ranges:
        application.stream.producer === 'kpl'
          ? createShardRanges(environment.SLUICE_STREAM!)
          : null,
    },
  );
  return (request) =>
    redrive(request).catch((error: unknown) => {
      const needs = 'what the function may: see infra/functions/redrive.ts';
      const what = `${name} cannot be redriven`;
      throw explainAws({ what, service: 'DynamoDB', needs }, error);
    });
}

/** `npm start` takes the events of a file as they come: what it refused is judged the same way. */
async function asRefused(written: Application, archive: FaultArchive): Promise<Application> {
  const { keys } = await archive.list(openPrefix(written.name), null);
  const [key] = keys;
  const fault = key === undefined ? null : await archive.read(key);
  const isLenient = written.latenessMs !== null && fault?.refuser?.latenessMs === null;
  return isLenient ? takenAsTheyCome(written) : written;
}
