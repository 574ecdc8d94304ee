import { writeFileSync } from 'node:fs';
import { jsonSchema } from '../shared/config/json-schema.ts';
import { STREAMS_FILE } from '../shared/config/schema.ts';

/** Run after an edit of schema.ts: `npm exec node infra/write-schema.ts`. */
writeFileSync(
  new URL('../streams.schema.json', import.meta.url),
  `${JSON.stringify(jsonSchema(STREAMS_FILE, 'streams.yml'), null, 2)}\n`,
);
