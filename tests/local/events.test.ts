import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { parseArguments } from '../../local/arguments.ts';
import { chooseReplay } from '../../local/events.ts';
import { parseStreams } from '../../shared/config/streams.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-events-'));
afterAll(() => rmSync(folder, { recursive: true }));

const CONFIG = `
streams:
  orders:
    arn: arn:aws:kinesis:eu-central-1:123456789012:stream/shop-orders
    retention: 48h
    format: json
applications:
  order-totals:
    stream: orders
    sql: totals.sql
    schema: { placed: TIMESTAMP }
    lateness: 1h
    outputs: { TOTALS: { table: results } }
`;

it('emulates an existing stream under its own name, and judges lateness on request', async () => {
  const { config, diagnostics } = parseStreams(CONFIG);
  expect(diagnostics).toEqual([]);
  const file = join(folder, 'orders.ndjson');
  writeFileSync(file, '{"placed":"2026-11-02T10:00:00Z"}\n');
  const args = ['--input', file];
  expect(await chooseReplay(parseArguments(args), config!)).toMatchObject({
    stream: 'orders',
    existing: 'shop-orders',
    shards: 1,
    file,
    lateness: false,
  });
  const judged = await chooseReplay(parseArguments([...args, '--lateness']), config!);
  expect(judged.lateness).toBe(true);
});
