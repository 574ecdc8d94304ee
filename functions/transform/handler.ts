import { readFileSync } from 'node:fs';
import type { Transformer } from '../../shared/config/transformer.ts';
import { transformer } from '../../shared/firehose/transformer.ts';
import { createTransform } from './transform.ts';

/** Written beside the bundle by infra/build.ts: what streams.yml says of the delivery. */
const delivery: Transformer = JSON.parse(
  readFileSync(new URL('./transformer.json', import.meta.url), 'utf8'),
);

/** Records of Firehose in, lines of JSON out: one function for each delivery of streams.yml. */
export const handler = transformer(createTransform(delivery), {
  delivery: delivery.delivery,
  keys: delivery.partitionKeys,
});
