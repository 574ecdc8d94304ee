import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { loadApplications } from '../infra/applications.ts';
import { buildFunctions } from '../infra/build.ts';
import { aggregatePackage } from '../infra/functions/aggregate.ts';
import { startDynamodb } from '../local/dynamodb.ts';
import { createRuntime } from '../local/runtime.ts';
import type { Application } from '../shared/config/application.ts';
import { aggregatedClicks, type BatchEvent, cloudTrail } from './batches.ts';
import { type BenchTable, formatTable, rounded } from './table.ts';

/** Lambda's limit for the payload of a synchronous invoke. */
const PAYLOAD = 6 * 1024 * 1024;

/**
 * The packaged function with full batches, in a process of its own against dynalite: its highest
 * memory and the time of a warm batch. A process here has no Lambda runtime in it, but Node and
 * a small loop that plays its part.
 */
export async function benchMemory(): Promise<BenchTable> {
  const { applications, errors } = loadApplications('streams.yml');
  if (errors.length > 0)
    throw new Error('streams.yml has errors; see npx sluice check streams.yml');
  const sample = applications.find(({ name }) => name === 'account-activity')!;
  // Without the hash range filter, which would ask Kinesis for the stream's shards.
  const account: Application = { ...sample, stream: { ...sample.stream, producer: 'other' } };
  const small = clickCounts(account);
  const folder = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const dynamodb = await startDynamodb({ tables: ['bench-results', 'bench-state'] });
  try {
    await buildFunctions([account, small].map(aggregatePackage), folder);
    const cases: [string, Application, BatchEvent][] = [
      ['CloudTrail, 7 outputs', account, upTo(PAYLOAD, cloudTrail(6000))],
      ['22,000 events in aggregates', small, aggregatedClicks(22_000)],
    ];
    const rows: (string | number)[][] = [];
    for (const [name, application, event] of cases) {
      const runtime = createRuntime({
        functionName: aggregatePackage(application).name,
        folder: join(folder, aggregatePackage(application).name),
        environment: {
          SLUICE_TABLE_PREFIX: 'bench-',
          SLUICE_STATE_TABLE: 'bench-state',
          SLUICE_FAULTS: pathToFileURL(join(folder, 'faults')).href,
          SLUICE_STREAM: 'bench',
          AWS_REGION: 'eu-west-1',
          AWS_ACCESS_KEY_ID: 'local',
          AWS_SECRET_ACCESS_KEY: 'local',
          AWS_ENDPOINT_URL_DYNAMODB: dynamodb.endpoint,
        },
        timeoutMs: 120_000,
        memoryMb: 256,
      });
      await runtime.invoke(event);
      const started = performance.now();
      await runtime.invoke(event);
      const ms = performance.now() - started;
      const bytes = JSON.stringify(event).length / 1024 / 1024;
      rows.push([
        name,
        event.Records.length,
        rounded(bytes),
        rounded(runtime.peakRssKb() / 1024),
        rounded(ms),
      ]);
      await runtime.stop();
    }
    return {
      title: 'A full batch in the packaged function',
      columns: ['batch', 'records', 'MB', 'peak memory, MB (limit 256)', 'warm repeat, ms'],
      rows,
    };
  } finally {
    await dynamodb.stop();
    rmSync(folder, { recursive: true });
  }
}

/** The same kind of application over small events. */
function clickCounts(account: Application): Application {
  const { plan } = account;
  const first = plan.nodes.find(({ kind }) => kind === 'aggregate')!;
  const text = { name: 'VARCHAR', length: 64 } as const;
  if (first.kind !== 'aggregate') throw new Error('the sample application has no aggregate');
  const source = { name: plan.source.name, columns: [{ name: 'page', type: text }] };
  const groups = [
    { role: 'key', expr: { op: 'column', index: 1, type: text }, type: text, keyed: true },
    {
      role: 'arrival',
      expr: { op: 'column', index: 0, type: { name: 'TIMESTAMP' } },
      type: { name: 'TIMESTAMP' },
      bucket: { unit: 'ms', size: 60_000 },
      keyed: true,
    },
  ] as const;
  const count = { fn: 'count', arg: null, type: { name: 'BIGINT' } } as const;
  const select = [groups[0].expr, { op: 'column', index: 3, type: count.type }] as const;
  const columns = [
    { name: 'page', type: text },
    { name: 'hits', type: count.type },
  ];
  return {
    ...account,
    name: 'click-counts',
    stream: { ...account.stream, format: 'json', producer: 'other' },
    columns: [{ name: 'page', type: text, path: '$.page' }],
    plan: {
      source,
      streams: { HITS: { name: 'HITS', columns, declared: true } },
      nodes: [
        { ...first, into: 'HITS', groups, aggregates: [count], select, order: [], where: null },
      ],
    },
    outputs: { HITS: { table: 'results', keepMs: null, spread: 4 } },
  };
}

function upTo(bytes: number, { Records }: BatchEvent): BatchEvent {
  let size = 14;
  const fitting = Records.findIndex((record) => {
    size += JSON.stringify(record).length + 1;
    return size > bytes;
  });
  return { Records: fitting < 0 ? Records : Records.slice(0, fitting) };
}

if (import.meta.main) console.log(formatTable(await benchMemory()));
