import { suggest } from '../shared/sql/suggest.ts';
import type { Value } from './cloudformation.ts';
import { isStage, STAGES_ARE } from './service.ts';

/** `custom.sluice` of serverless.yml. */
export interface Settings {
  /** Relative to serverless.yml. */
  readonly streams: string;
  /** By stage: the ARN of an SNS topic, or a CloudFormation function that gives it. */
  readonly alarmTopics: Readonly<Record<string, Value>>;
}

const KEYS = ['streams', 'alarmTopics'];

/** Checks `custom.sluice` and fills in its defaults; or what is wrong with it, all at once. */
export function readSettings(written: unknown): Settings | { readonly wrong: readonly string[] } {
  const settings = written ?? {};
  if (!isMap(settings)) return { wrong: [`custom.sluice has to hold keys: ${KEYS.join(', ')}`] };
  const { streams, alarmTopics } = settings;
  const file = streams ?? 'streams.yml';
  const topics = alarmTopics ?? {};
  const wrong = Object.keys(settings)
    .filter((key) => !KEYS.includes(key))
    .map(unknownKey);
  if (typeof file !== 'string' || file === '') {
    wrong.push('custom.sluice.streams has to be the path of a streams.yml');
  }
  if (isMap(topics)) wrong.push(...Object.entries(topics).flatMap(wrongTopic));
  else
    wrong.push(
      'custom.sluice.alarmTopics has to hold topics by stage, such as prod: arn:aws:sns:…',
    );
  if (wrong.length > 0) return { wrong };
  return { streams: file as string, alarmTopics: topics as Settings['alarmTopics'] };
}

function unknownKey(key: string): string {
  const near = suggest(key, KEYS);
  const hint = near ? `did you mean ${near}?` : `known keys: ${KEYS.join(', ')}`;
  return `custom.sluice.${key} is not a known key; ${hint}`;
}

function wrongTopic([stage, topic]: [string, unknown]): string[] {
  const path = `custom.sluice.alarmTopics.${stage}`;
  if (!isStage(stage)) return [`${path} is for no stage: ${STAGES_ARE}`];
  // osls puts the value of a variable in later.
  const isTopic = typeof topic === 'string' && /^arn:aws[a-z-]*:sns:|\$\{/.test(topic);
  return isTopic || isMap(topic) ? [] : [`${path} has to be the ARN of an SNS topic`];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
