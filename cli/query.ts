import type { StreamConfig } from '../shared/config/streams.ts';
import { withCsvColumns } from '../shared/records/csv.ts';
import { formatName } from '../shared/records/format.ts';
import { FORMAT_NAMES, type Format, type MappedColumn } from '../shared/records/types.ts';
import { runBatch } from '../shared/sql/engine/batch.ts';
import type { Plan } from '../shared/sql/plan.ts';
import { suggest } from '../shared/sql/suggest.ts';
import { onlyFile, readArguments } from './arguments.ts';
import { type Config, existingName, findStream } from './config.ts';
import { CommandError } from './errors.ts';
import { type Io, note, progressOn } from './io.ts';
import { readLines } from './lines.ts';
import { printJson, printTables, shownStreams } from './output.ts';
import { asMapped, PROGRAM_OPTIONS, type Program, planOrReport, readProgram } from './program.ts';
import { reportRows } from './report.ts';
import { createRowReader, type RowReader } from './rows.ts';
import { rowtimeSource } from './rowtime.ts';

export const QUERY_OPTIONS = {
  ...PROGRAM_OPTIONS,
  input: { type: 'string' },
  rowtime: { type: 'string' },
  stream: { type: 'string' },
  stage: { type: 'string' },
  format: { type: 'string' },
  all: { type: 'boolean' },
  json: { type: 'boolean' },
  'with-rowtime': { type: 'boolean' },
  strict: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

type QueryOptions = ReturnType<typeof readOptions>['values'];

/** `sluice query PROGRAM.sql`: rows in, output streams out. News go to standard error. */
export async function query(args: readonly string[], io: Io): Promise<number> {
  const { values, positionals } = readOptions(args);
  const file = onlyFile(positionals, 'query');
  const streamOf = (config: Config | null): StreamConfig | null =>
    values.stream === undefined || config === null ? null : findStream(config, values.stream);
  const program = readProgram(file, values, streamOf);
  const plan = planOrReport(program, io);
  if (plan === null) return 1;

  const stream = streamOf(program.config) ?? streamOfApplication(program);
  const settings = settingsOf(values, program, plan, stream);
  const reader = createRowReader(settings);
  const isStream = values.stream !== undefined;
  if (isStream) await takeStream(values, stream, reader, io);
  else await takeFile(values.input!, reader, io);
  const rows = reader.finish();
  const result = runBatch(plan, rows.rows);

  const streams = shownStreams(plan, values.all === true);
  if (values.json) printJson(streams, result, values['with-rowtime'] === true, io);
  else printTables(streams, result, io);
  reportRows(
    { plan, rows, result, settings, isDated: values.rowtime !== undefined || isStream },
    io,
  );
  const isClean = rows.faults.length + result.rejections.length === 0;
  return values.strict && !isClean ? 1 : 0;
}

function readOptions(args: readonly string[]) {
  const read = readArguments(args, QUERY_OPTIONS);
  const { input, stream, rowtime, stage } = read.values;
  if (input === undefined && stream === undefined) {
    const hint = 'give a file with --input ROWS.ndjson, or a Kinesis stream with --stream NAME';
    throw new CommandError('there is nothing to run the program over', hint);
  }
  if (input !== undefined && stream !== undefined) {
    throw new CommandError('--input and --stream both say what to read', 'give one of them');
  }
  if (stream === undefined && stage !== undefined) {
    throw new CommandError('--stage says where a --stream is, and there is none');
  }
  if (stream !== undefined && rowtime !== undefined) {
    const hint =
      'the arrival of a record of a stream is known; copy the stream to a file to replace it';
    throw new CommandError('--rowtime is for files', hint);
  }
  return read;
}

function streamOfApplication({ application, config }: Program): StreamConfig | null {
  if (application === null) return null;
  return config?.reading.config?.streams[application.stream] ?? null;
}

function settingsOf(
  { format: wanted, rowtime, stream: isStream }: QueryOptions,
  { mapped: known }: Program,
  { source }: Plan,
  stream: StreamConfig | null,
) {
  const written = formatOf(wanted, stream);
  const read = source.columns.filter(({ metadata }) => metadata === undefined);
  const byName = asMapped(read, written);
  const mapped = byName.map(
    (column): MappedColumn => known?.find(({ name }) => name === column.name) ?? column,
  );
  const format = withCsvColumns(
    written,
    (known ?? byName).map(({ name }) => name),
  );
  return {
    format,
    columns: source.columns,
    mapped,
    isPacked: isStream !== undefined && stream?.compression === 'gzip',
    // A record of a stream has its arrival beside it.
    rowtime: isStream === undefined ? rowtimeSource(rowtime, known, format) : null,
    now: Date.now(),
  };
}

/** That of --format, with the options of the stream where it is the same one. */
function formatOf(wanted: string | undefined, stream: StreamConfig | null): Format {
  const known = stream?.format ?? 'json';
  if (wanted === undefined || wanted === formatName(known)) return known;
  const format = FORMAT_NAMES.find((name) => name === wanted);
  if (format !== undefined) return format;
  const near = suggest(wanted, FORMAT_NAMES);
  const hint = near === null ? `it can be ${FORMAT_NAMES.join(', ')}` : `did you mean ${near}?`;
  throw new CommandError(`there is no format ${wanted}`, hint);
}

async function takeFile(file: string, reader: RowReader, io: Io): Promise<void> {
  const progress = progressOn(io);
  const unknown = { arrival: null, shardId: null, partitionKey: null, sequenceNumber: null };
  try {
    for await (const { number, data } of readLines(file, io.stdin, progress)) {
      reader.take(data, 0, data.length, number, unknown);
    }
  } finally {
    progress.clear();
  }
}

/** The stage that serverless.yml deploys unless it is told another one. */
const STAGE = 'dev';

async function takeStream(
  { stream: wanted, stage = STAGE }: QueryOptions,
  stream: StreamConfig | null,
  reader: RowReader,
  io: Io,
): Promise<void> {
  const names = [wanted!];
  if (stream !== null && stream.name === wanted) {
    names.push(existingName(stream) ?? `sluice-${stage}-${stream.name}`);
  }
  // The AWS SDK is loaded only where it is needed.
  const { openKinesis, readStream } = await import('./stream.ts');
  const progress = progressOn(io);
  const client = openKinesis();
  try {
    const isKpl = stream?.producer === 'kpl';
    const { name, records } = await readStream(client, [...new Set(names)], isKpl, progress);
    progress.clear();
    if (name !== wanted) note(io, `read ${name}`);
    for (const record of records) {
      const { data, from, to, sub, damage } = record;
      const place = `${record.shardId}:${record.sequenceNumber}${sub > 0 ? `.${sub}` : ''}`;
      reader.take(data, from, to, place, record, damage);
    }
  } finally {
    progress.clear();
    client.destroy();
  }
}
