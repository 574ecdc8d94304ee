import { readdir, readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { COLOURED, PLAIN, renderSummary, type Style } from '../local/display/render.ts';
import type { TableRow } from '../local/tables.ts';
import type { Application } from '../shared/config/application.ts';
import type { Fault, FaultyRecord } from '../shared/consume/faults.ts';
import type { KinesisRecord } from '../shared/records/event.ts';

/** Rows of one output that are shown: an event that somebody looks at by hand has fewer. */
const MOST_ROWS = 50;

/** Every output of the application with its rows as they stand, windows and all. */
export function renderRows(
  { outputs, plan }: Application,
  tables: ReadonlyMap<string, readonly TableRow[]>,
  width: number,
  style: Style,
): string[] {
  return Object.keys(outputs).flatMap((output) => {
    const rows = tables.get(output) ?? [];
    const names = plan.streams[output]!.columns.map(({ name }) => name);
    // Most outputs tell their window in a column of their own.
    const told = names.some((name) =>
      rows.every(({ window, columns }) => cellText(columns[name]) === cellText(window)),
    );
    const cells = rows.slice(0, MOST_ROWS).map(({ window, columns }) => {
      const row = names.map((name) => cellText(columns[name]));
      return told ? row : [cellText(window), ...row];
    });
    const header = told ? names : ['window', ...names];
    const isNumber = (name: string) =>
      rows.some(({ columns }) => typeof columns[name] === 'number');
    const numeric = new Set(header.flatMap((name, i) => (isNumber(name) ? [i] : [])));
    const title = `${output}  ${count(rows.length, 'row')}`;
    const lines = renderSummary({ title, header, rows: cells, numeric }, width, style);
    const more = rows.length - cells.length;
    return ['', ...lines, ...(more > 0 ? [`  and ${count(more, 'row')} more`] : [])];
  });
}

/** Everything that was set aside in the folder. */
export async function readFaults(folder: string): Promise<FaultyRecord[]> {
  const entries = await readdir(folder, { recursive: true }).catch(() => [] as string[]);
  const files = entries.filter((name) => name.endsWith('.json')).sort();
  return Promise.all(
    files.map(async (name) => JSON.parse(await readFile(join(folder, name), 'utf8'))),
  );
}

/** One line for each reason of each record that was set aside. */
export function renderFaults(
  faulty: readonly FaultyRecord[],
  records: readonly KinesisRecord[],
  folder: string,
  style: Style,
): string[] {
  if (faulty.length === 0) return ['No record was set aside.'];
  const where = relative(process.cwd(), folder);
  const title = `${count(faulty.length, 'record')} set aside in ${where}`;
  const lines = faulty.flatMap(({ sequenceNumber, faults }) => {
    const index = records.findIndex(({ kinesis }) => kinesis.sequenceNumber === sequenceNumber);
    return pumpsByReason(faults).map(({ fault, pumps }) => {
      const { subSequenceNumber: sub, reason, message } = fault;
      const record = sub === 0 ? `Records[${index}]` : `Records[${index}], user record ${sub}`;
      const by = pumps.length > 0 ? `  (${pumps.join(', ')})` : '';
      return `  ${record}  ${reason}  ${message}${style.dim(by)}`;
    });
  });
  return [style.warn(title), ...lines];
}

/** Pumps that could not take a row mostly say the same. */
function pumpsByReason(faults: readonly Fault[]): { fault: Fault; pumps: string[] }[] {
  const found = new Map<string, { fault: Fault; pumps: string[] }>();
  for (const fault of faults) {
    const key = JSON.stringify([fault.subSequenceNumber, fault.reason, fault.message]);
    const entry = found.get(key) ?? { fault, pumps: [] };
    if (fault.pump !== undefined) entry.pumps.push(fault.pump);
    found.set(key, entry);
  }
  return [...found.values()];
}

/** Colours for a terminal only, and not where the user wants none. */
export function styleOf({ isTTY }: { readonly isTTY?: boolean }): Style {
  return isTTY && !process.env.NO_COLOR ? COLOURED : PLAIN;
}

/** Standard output is for the response alone. */
export function logToStandardError(line: unknown): void {
  process.stderr.write(`${renderLog(line, styleOf(process.stderr))}\n`);
}

/** A line of the function's log; of metrics only the values. */
export function renderLog(line: unknown, style: Style): string {
  const metrics = metricsOf(line);
  if (metrics === null) return typeof line === 'string' ? line : JSON.stringify(line);
  const values = Object.entries(metrics).map(([name, value]) => `${name} ${value}`);
  return style.dim(values.join('  '));
}

/** https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html */
function metricsOf(line: unknown): Record<string, unknown> | null {
  if (typeof line !== 'string' || !line.startsWith('{"_aws":')) return null;
  try {
    const { _aws, ...values } = JSON.parse(line) as Record<string, unknown>;
    return values;
  } catch {
    return null;
  }
}

function cellText(cell: string | number | boolean | undefined): string {
  if (cell === undefined) return '-';
  // Times as they are stored, without what is zero.
  return String(cell).replace(/^(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.0+)?Z?$/, '$1 $2');
}

function count(number: number, noun: string): string {
  return `${number} ${number === 1 ? noun : `${noun}s`}`;
}
