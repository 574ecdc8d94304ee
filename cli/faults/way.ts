import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Context } from '../../functions/aggregate/context.ts';
import { pointerKey, programOf, readPointer } from '../../functions/aggregate/pointer.ts';
import { type Reread, rereadStream } from '../../functions/aggregate/windowed/reread.ts';
import { createGapCloser, type GapsAnswer, isGone } from '../../functions/redrive/gaps.ts';
import { createRedriver, type RedriveAnswer } from '../../functions/redrive/redriver.ts';
import type { GapsRequest, RedriveRequest } from '../../functions/redrive/request.ts';
import { isStreamFunction } from '../../infra/function.ts';
import { redriveName } from '../../infra/functions/redrive.ts';
import { describeService } from '../../infra/service.ts';
import { takenAsTheyCome } from '../../local/lateness.ts';
import type { Application } from '../../shared/config/application.ts';
import { type FaultArchive, openPrefix } from '../../shared/consume/fault-archives.ts';
import { openFaultStore } from '../../shared/consume/fault-stores.ts';
import { writeOnFailure } from '../../shared/consume/on-failure.ts';
import { createShardRanges } from '../../shared/consume/shard-ranges.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { findApplication } from '../application.ts';
import { explainAws, nameOf } from '../aws-errors.ts';
import { CommandError } from '../errors.ts';
import { MOST_BYTES } from './calls.ts';
import type { Place } from './place.ts';

/** Does what fits one run; its answer says where to go on. */
export interface Way {
  readonly redrive: (request: RedriveRequest) => Promise<RedriveAnswer>;
  readonly closeGaps: (request: GapsRequest) => Promise<GapsAnswer>;
  /** How many bytes of notes a run takes. */
  readonly mostBytes: number;
}

/**
 * The way to redrive an application's records at a place, by those who may write its tables; or the
 * errors of streams.yml, for people, where it has any. Throws CommandError.
 */
export async function openWay(
  application: string,
  place: Place,
  config: string | undefined,
): Promise<Way | { readonly errors: string }> {
  return place.url.startsWith('s3:')
    ? throughLambda(application, place.stage)
    : inProcess(application, place, config);
}

/** Asks the function that is deployed: it knows the program that runs, and may write the tables. */
async function throughLambda(application: string, stage: string): Promise<Way> {
  const { InvokeCommand, LambdaClient } = await import('@aws-sdk/client-lambda');
  const name = redriveName(`sluice-${stage}-`, application);
  const client = new LambdaClient({});
  const invoke = async (event: object): Promise<unknown> => {
    const { Payload, FunctionError } = await client
      .send(new InvokeCommand({ FunctionName: name, Payload: JSON.stringify(event) }))
      .catch((error: unknown) => {
        throw explainInvoke(name, stage, error);
      });
    const answer: unknown = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null');
    if (FunctionError === undefined) return answer;
    const { errorMessage } = answer as { errorMessage?: string };
    throw new CommandError(
      `${name} failed: ${errorMessage ?? FunctionError}`,
      'its log says more; what is done stays done, and the same command goes on',
    );
  };
  const isoOf = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    redrive: async ({ from, to, ...request }) => {
      const event = { application, ...request, from: isoOf(from), to: isoOf(to) };
      return (await invoke(event)) as RedriveAnswer;
    },
    closeGaps: async ({ onFailure, ...request }) => {
      const event = { application, onFailure: onFailure.map(writeOnFailure), ...request };
      return (await invoke(event)) as GapsAnswer;
    },
    mostBytes: MOST_BYTES,
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
async function inProcess(
  name: string,
  { archive, stage, url }: Place,
  config: string | undefined,
): Promise<Way | { readonly errors: string }> {
  const found = findApplication(name, config);
  if ('errors' in found) return found;
  const { functions } = describeService([found.application], found.config, stage, url);
  const { environment } = functions.find(isStreamFunction)!;
  const {
    SLUICE_TABLE_PREFIX: prefix,
    SLUICE_STATE_TABLE: state,
    SLUICE_STREAM: stream,
  } = environment;
  const tables = { prefix: prefix!, state: state! };
  const store = dynamoStore(new DynamoDBClient({ maxAttempts: 5 }));
  const contextOf = (application: Application): Context => ({
    ...{ application, graph: arrange(application.plan), tables, store },
  });
  const written = found.application;
  const ranges = written.stream.producer === 'kpl' ? createShardRanges(stream!) : null;
  const explained = (error: unknown): never => {
    const needs = 'what the function may: see infra/functions/redrive.ts';
    throw explainAws({ what: `${name} cannot be redriven`, service: 'DynamoDB', needs }, error);
  };
  let redriver: Promise<Way['redrive']> | undefined;
  let closer: Promise<Way['closeGaps']> | undefined;
  return {
    redrive: async (request) => {
      redriver ??= asRefused(written, archive).then((application) =>
        createRedriver(contextOf(application), { archive, ranges }),
      );
      return (await redriver)(request).catch(explained);
    },
    closeGaps: async (request) => {
      const faults = openFaultStore(url);
      const reread = explainedReread(stream!);
      closer ??= asRead(contextOf(written)).then((application) =>
        createGapCloser(contextOf(application), { faults, ranges, reread, stream: stream! }),
      );
      return closer.then((close) => close(request)).catch(explained);
    },
    mostBytes: Number.POSITIVE_INFINITY,
  };
}

/** That the stream lets go of a record is an answer; what else keeps it from being read is for people. */
function explainedReread(stream: string): Reread {
  const reread = rereadStream(stream);
  return async function* (...range) {
    try {
      yield* reread(...range);
    } catch (error) {
      if (isGone(error)) throw error;
      const needs = 'kinesis:GetShardIterator and kinesis:GetRecords on it';
      throw explainAws(
        { what: `stream ${stream} cannot be read`, service: 'Kinesis', needs },
        error,
      );
    }
  };
}

/** The same of what `npm start` has read and not refused: its functions say what they run. */
async function asRead({ application, tables, store }: Context): Promise<Application> {
  const { program } = readPointer(await store.read(pointerKey(application, tables)));
  const lenient = takenAsTheyCome(application);
  return program === programOf(lenient) ? lenient : application;
}

/** `npm start` takes the events of a file as they come: what it refused is judged the same way. */
async function asRefused(written: Application, archive: FaultArchive): Promise<Application> {
  const { keys } = await archive.list(openPrefix(written.name), null);
  const [key] = keys;
  const fault = key === undefined ? null : await archive.read(key);
  const isLenient = written.latenessMs !== null && fault?.refuser?.latenessMs === null;
  return isLenient ? takenAsTheyCome(written) : written;
}
