import { existsSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { pointerKey, readPointer } from '../../functions/aggregate/pointer.ts';
import { isStage, STAGES_ARE } from '../../infra/service.ts';
import { STATE_TABLE } from '../../shared/config/streams.ts';
import { type FaultArchive, openFaultArchive } from '../../shared/consume/fault-archives.ts';
import { dynamoStore } from '../../shared/results/dynamodb.ts';
import { explainAws, nameOf } from '../aws-errors.ts';
import { chosenConfig, readConfig } from '../config.ts';
import { CommandError } from '../errors.ts';

export const PLACE_OPTIONS = {
  stage: { type: 'string' },
  faults: { type: 'string' },
  config: { type: 'string' },
} as const;

export interface PlaceOptions {
  readonly stage?: string | undefined;
  readonly faults?: string | undefined;
  readonly config?: string | undefined;
}

/** Where faults lie. */
export interface Place {
  readonly stage: string;
  /** s3:// or file://, without a slash at its end. */
  readonly url: string;
  /** Its errors are for people. */
  readonly archive: FaultArchive;
}

/** The stage that serverless.yml deploys unless it is told another one. */
const STAGE = 'dev';

/**
 * The place that --faults names, else the one where the functions of the stage put faults: they
 * tell it in the state table. Throws CommandError.
 */
export async function openPlace(
  application: string | undefined,
  { stage = STAGE, faults, config }: PlaceOptions,
): Promise<Place> {
  if (!isStage(stage)) throw new CommandError(`the stage "${stage}" cannot be used: ${STAGES_ARE}`);
  const url = faults === undefined ? await toldUrl(application, stage, config) : urlOf(faults);
  return { stage, url, archive: explained(openFaultArchive(url), url) };
}

/** A URL, or a folder as `npm start` prints it. */
function urlOf(text: string): string {
  if (/^(?:s3:\/\/[^/]|file:\/\/\/)/.test(text)) return text.replace(/\/+$/, '');
  const path = resolve(text);
  if (/^\w+:/.test(text) || !existsSync(path)) {
    const hint = 'such as s3://bucket, or .sluice/run-1234 of npm start';
    throw new CommandError(`there are no faults at ${text}`, hint);
  }
  const isInside = basename(path) === 'faults' && !existsSync(resolve(path, 'faults'));
  return pathToFileURL(isInside ? dirname(path) : path).href;
}

async function toldUrl(
  application: string | undefined,
  stage: string,
  config: string | undefined,
): Promise<string> {
  const prefix = `sluice-${stage}-`;
  const table = prefix + STATE_TABLE;
  const client = new DynamoDBClient({});
  const store = dynamoStore(client);
  const placeOf = async (name: string): Promise<string | null> => {
    try {
      return readPointer(await store.read(pointerKey({ name }, { prefix, state: table }))).faults;
    } catch (error) {
      throw explainTable(table, stage, error);
    }
  };
  try {
    const own = application === undefined ? null : await placeOf(application);
    if (own !== null) return own;
    // All applications of a stage have one place, also consumers that no item tells of.
    for (const name of applicationNames(config, application === undefined)) {
      const url = await placeOf(name);
      if (url !== null) return url;
    }
  } finally {
    client.destroy();
  }
  throw new CommandError(
    `no function has run in stage ${stage} yet: nothing was set aside there`,
    'or name the place yourself with --faults s3://bucket',
  );
}

/** Those of streams.yml; where none is needed, also without one. */
export function applicationNames(config: string | undefined, isNeeded: boolean): string[] {
  try {
    const { file, reading } = readConfig(chosenConfig(config));
    if (reading.config !== null) return Object.keys(reading.config.applications);
    throw new CommandError(`${file} has errors`, `npx sluice check ${file} shows them`);
  } catch (error) {
    if (isNeeded || config !== undefined || !(error instanceof CommandError)) throw error;
    return [];
  }
}

function explainTable(table: string, stage: string, error: unknown): CommandError {
  if (nameOf(error) === 'ResourceNotFoundException') {
    return new CommandError(
      `there is no table ${table}: stage ${stage} is not deployed there`,
      'AWS_REGION and --stage decide where to look; npm start is stage local',
      { cause: error },
    );
  }
  const what = `table ${table} cannot be read`;
  return explainAws({ what, service: 'DynamoDB', needs: 'dynamodb:GetItem on it' }, error);
}

function explained(archive: FaultArchive, url: string): FaultArchive {
  const what = `faults at ${url} cannot be read`;
  const needs = 's3:ListBucket on the bucket and s3:GetObject on what is in it';
  const explain = (error: unknown): never => {
    throw explainAws({ what, service: 'S3', needs }, error);
  };
  return {
    ...archive,
    list: (prefix, after) => archive.list(prefix, after).catch(explain),
    read: (key) => archive.read(key).catch(explain),
  };
}
