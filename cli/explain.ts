import { basename } from 'node:path';
import type { Application } from '../shared/config/application.ts';
import { arrange } from '../shared/sql/engine/graph.ts';
import type { Plan } from '../shared/sql/plan.ts';
import { onlyFile, readArguments } from './arguments.ts';
import { columnsText, drawPlan } from './draw.ts';
import type { Io } from './io.ts';
import { shownStreams } from './output.ts';
import { PROGRAM_OPTIONS, type Program, planOrReport, readProgram } from './program.ts';
import { describePumps } from './pumps.ts';

export const EXPLAIN_OPTIONS = {
  ...PROGRAM_OPTIONS,
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** `sluice explain PROGRAM.sql`: how it runs, what is merged across shards, what lies where. */
export async function explain(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readArguments(args, EXPLAIN_OPTIONS);
  const file = onlyFile(positionals, 'explain');
  const program = readProgram(file, values);
  const plan = planOrReport(program, io);
  if (plan === null) return 1;
  if (values.json) {
    io.out.write(`${JSON.stringify(plan, null, 2)}\n`);
    return 0;
  }
  const application = applicationOf(program, plan);
  const graph = arrange(plan);
  io.out.write(`${headOf(program)}\n\n`);
  io.out.write(`${plan.source.name} (${columnsText(plan.source.columns)})\n\n`);
  io.out.write(`${drawPlan(graph, io.out.color)}\n\n`);
  io.out.write(`${describePumps(application, graph, io.out.color)}\n`);
  return 0;
}

function headOf({ file, origin, application, config }: Program): string {
  if (application === null) {
    return `${file}: columns from ${origin}. No streams.yml names it; its outputs are shown as if
every stream that no pump reads were kept in a table "results".`;
  }
  return `${file}: application ${application.name} of ${config!.file}, on stream ${application.stream}.`;
}

/** The application as it would be deployed; one with its outputs in one table where none names it. */
function applicationOf({ file, application, config }: Program, plan: Plan): Application {
  const stream = application && config?.reading.config?.streams[application.stream];
  if (application && stream) {
    const { name, columns, latenessMs, skewMs, outputs } = application;
    return { name, stream, columns, plan, latenessMs, skewMs, outputs };
  }
  const output = { table: 'results', keepMs: null, spread: 4 };
  return {
    name: basename(file, '.sql'),
    stream: { name: plan.source.name, format: 'json', producer: 'other', retentionMs: 0 },
    columns: [],
    plan,
    latenessMs: null,
    skewMs: 0,
    outputs: Object.fromEntries(shownStreams(plan, false).map(({ name }) => [name, output])),
  };
}
