import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createTransform } from '../../functions/transform/transform.ts';
import { loadApplications } from '../../infra/applications.ts';
import type { FirehoseEvent } from '../../shared/firehose/event.ts';
import { transformer } from '../../shared/firehose/transformer.ts';
import { MINUTES } from '../helpers/firehose.ts';

const FOLDER = fileURLToPath(new URL('../../events/firehose/', import.meta.url));
const names = readdirSync(FOLDER).filter((name) => name.endsWith('.json'));
const { transformers, errors } = loadApplications(`${FOLDER}streams.yml`);

/** What becomes of the records of each sample: O(k), D(ropped), F(ailed). */
const OUTCOMES: Readonly<Record<string, string>> = {
  apache: 'OOO',
  cloudtrail: 'OO',
  'cloudtrail-damaged': 'FFFO',
  'cloudtrail-direct': 'OO',
  'cloudwatch-logs': 'ODF',
  csv: 'OOF',
  dynamodb: 'OOOF',
  json: 'OO',
  'json-array': 'ODF',
  ndjson: 'OOF',
  syslog: 'OOF',
};

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
});

describe('events/firehose', () => {
  it('has a delivery for each format, without errors', () => {
    expect(errors).toEqual([]);
    expect(names.map((name) => name.replace('.json', '')).sort()).toEqual(Object.keys(OUTCOMES));
  });

  it.each(Object.entries(OUTCOMES))('%s: %s', async (name, outcome) => {
    const event: FirehoseEvent = JSON.parse(readFileSync(`${FOLDER}${name}.json`, 'utf8'));
    for (const { recordId, approximateArrivalTimestamp, kinesisRecordMetadata } of event.records) {
      expect(recordId).toMatch(/^\d{62}$/);
      expect(new Date(approximateArrivalTimestamp).getUTCFullYear()).toBe(2026);
      expect(kinesisRecordMetadata === undefined).toBe(name === 'cloudtrail-direct');
    }
    const config = transformers.find(
      ({ delivery }) => delivery === name.replace(/-(?:damaged|direct)$/, ''),
    )!;
    const handler = transformer(createTransform(config), {
      keys: config.partitionKeys,
      putBack: null,
    });
    const { records } = await handler(event, MINUTES);
    expect(
      records
        .map(({ result }) => ({ Ok: 'O', Dropped: 'D', ProcessingFailed: 'F' })[result])
        .join(''),
    ).toBe(outcome);
  });
});
