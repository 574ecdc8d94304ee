import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseStreams } from '../../shared/config/streams.ts';
import { memoryStore } from '../helpers/memory-store.ts';
import { rig, visible } from './rig.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const [, page = ''] = /```yaml\n(streams:.*?)```/s.exec(read('docs/upsert.md')) ?? [];
const APPLICATIONS = `applications:
  any: { stream: results, sql: any.sql, schema: { a: INTEGER }, outputs: { ANY: { table: any } } }
`;

describe('docs/upsert.md and events/upsert/', () => {
  const { config, diagnostics } = parseStreams(page + APPLICATIONS);

  it('the page has a right streams.yml', () => {
    expect(diagnostics).toEqual([]);
  });

  it.each(['stream', 'delivery'])('%s: three rows, and one set aside', async (name) => {
    const { upsert } = config!.upserts.orders!;
    const store = memoryStore();
    const { invoke, faults } = rig(upsert, store);
    const event = JSON.parse(read(`events/upsert/${name}.json`));
    const answer = await invoke(event);
    expect(answer).toMatchObject(
      name === 'stream'
        ? { batchItemFailures: [] }
        : { records: Array.from({ length: 4 }, () => ({ result: 'Ok' })) },
    );
    const minute = '2026-05-02T12:00:00.000Z';
    const rows = visible(store.dump());
    const { generation } = upsert;
    expect(rows).toEqual({
      [`totals/orders@${generation}#NO/2026-05-02T12:00:00Z`]: {
        ...{ country: 'NO', minute, emitted: '2026-05-02T12:01:01.000Z' },
        ...{ orders: 1, amount: 12, highest: 12 },
      },
      [`totals/orders@${generation}#PT/2026-05-02T12:00:00Z`]: {
        ...{ country: 'PT', minute, emitted: '2026-05-02T12:01:15.000Z' },
        ...{ orders: 3, amount: 70.5, highest: 40 },
      },
    });
    expect([...faults.values()]).toMatchObject([{ faults: [{ reason: 'BAD_TYPE' }] }]);
  });
});
