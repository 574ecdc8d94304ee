import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parseStreams } from '../../shared/config/streams.ts';
import { ROOT } from './serverless.ts';

it('the page about sources shows what streams.yml takes', () => {
  const page = readFileSync(join(ROOT, 'docs/sources.md'), 'utf8');
  const [, example] = /```yaml\n([\s\S]*?)```/.exec(page) ?? [];
  const application = `applications:
  calls:
    stream: audit
    sql: calls.sql
    schema: { "name": { type: VARCHAR(64), path: $.eventName } }
    outputs:
      CALLS: { table: results }
`;
  const { diagnostics, config } = parseStreams(`${example}${application}`);
  expect(diagnostics).toEqual([]);
  expect(Object.keys(config!.streams)).toEqual(['audit', 'readings', 'changes', 'lines']);
});
