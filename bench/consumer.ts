import { createIntake, openInput } from '../functions/aggregate/intake.ts';
import type { Application } from '../shared/config/application.ts';
import type { MappedColumn } from '../shared/records/types.ts';
import { checkProgram } from '../shared/sql/check/check.ts';
import { createFolder } from '../shared/sql/engine/fold.ts';
import { arrange } from '../shared/sql/engine/graph.ts';
import { type BatchEvent, clicks, cloudTrail } from './batches.ts';
import { type BenchTable, formatTable, measureSideBySide, ratio, rounded } from './table.ts';

interface Case {
  readonly name: string;
  readonly event: BatchEvent;
  /** The column that is grouped by, and the one that is summed. */
  readonly group: string;
  readonly sum: string;
}

/**
 * The handler's path without DynamoDB (event, de-aggregation, columns, pumps, partials) against a
 * bare loop that does the same task with base64, JSON.parse and one Map: per minute of arrival and
 * value of one field a count and a sum.
 */
export async function benchConsumer(): Promise<BenchTable> {
  const cases: Case[] = [
    { name: 'CloudTrail, 1.3 kB', event: cloudTrail(2000), group: 'sourceIPAddress', sum: 'bytes' },
    { name: 'clicks, 171 B', event: clicks(5000), group: 'action', sum: 'amount' },
  ];
  const rows = cases.map(({ name, event, group, sum }) => {
    const { ours, bare } = measureSideBySide(
      { ours: handlerPath(event, group, sum), bare: bareLoop(event, group, sum) },
      { rounds: 25, roundMs: 60 },
    );
    const each = (ns: number): number => rounded(ns / event.Records.length);
    return [name, each(bare.ns), each(ours.ns), rounded(ratio(ours, bare))];
  });
  return {
    title: 'Handler path without DynamoDB, ns per record',
    columns: ['records', 'bare loop', 'handler path', 'path : loop (aim 1.3)'],
    rows,
    note: 'Bare loop: base64, JSON.parse, one Map. Handler path: all checks, exact decimal sums.',
  };
}

function handlerPath(event: BatchEvent, group: string, sum: string): () => number {
  const application = applicationOf(group, sum);
  const graph = arrange(application.plan);
  const folder = createFolder(graph, { latenessMs: null, skewMs: null, keep: new Set() });
  const intake = createIntake(application);
  return () => {
    const input = openInput(event);
    intake(input, 0, input.length, folder, null, (_, __, fault) => {
      throw fault;
    });
    return folder.finish().groups.size;
  };
}

/** Counts and sums by minute of arrival and value of a column. */
export function applicationOf(group: string, sum: string): Application {
  const columns: MappedColumn[] = [
    { name: group, type: { name: 'VARCHAR', length: 64 }, path: `$.${group}` },
    { name: sum, type: { name: 'DOUBLE' }, path: `$.${sum}` },
  ];
  const { plan, errors } = checkProgram(
    `CREATE STREAM "OUT" ("g" VARCHAR(64), "n" BIGINT, "s" DOUBLE);
     CREATE PUMP "P" AS INSERT INTO "OUT" SELECT STREAM "${group}", COUNT(*), SUM("${sum}")
     FROM "SOURCE_SQL_STREAM_001" AS s
     GROUP BY "${group}", STEP(s.ROWTIME BY INTERVAL '1' MINUTE);`,
    { sources: [{ name: 'SOURCE_SQL_STREAM_001', columns }] },
  );
  if (plan === null) throw new Error(JSON.stringify(errors));
  return {
    name: 'bench',
    stream: { name: 'bench', format: 'json', producer: 'other', retentionMs: 0 },
    ...{ columns, plan, latenessMs: null, skewMs: 0, outputs: {} },
  };
}

function bareLoop(event: BatchEvent, group: string, sum: string): () => number {
  return () => {
    const groups = new Map<string, { n: number; s: number }>();
    for (const { kinesis } of event.Records) {
      const row = JSON.parse(Buffer.from(kinesis.data, 'base64').toString());
      const key = `${Math.floor(kinesis.approximateArrivalTimestamp / 60)}|${row[group]}`;
      const held = groups.get(key) ?? { n: 0, s: 0 };
      held.n++;
      held.s += row[sum] ?? 0;
      groups.set(key, held);
    }
    return groups.size;
  };
}

if (import.meta.main) console.log(formatTable(await benchConsumer()));
