import { readFileSync } from 'node:fs';
import { readEnvironment } from '../../shared/config/environment.ts';
import type { Ingest } from '../../shared/config/ingest.ts';
import { producerClient } from '../../shared/producer/client.ts';
import { createIngest } from './ingest.ts';
import { createPutter } from './putter.ts';

const { SLUICE_STREAM } = readEnvironment(['SLUICE_STREAM']);

/** Written beside the bundle by infra/build.ts. */
const ingest: Ingest = JSON.parse(readFileSync(new URL('./ingest.json', import.meta.url), 'utf8'));

/** Records posted to the HTTP API in, Kinesis records out: one function for each such stream. */
export const handler = createIngest(ingest, createPutter(producerClient(), SLUICE_STREAM, ingest));
