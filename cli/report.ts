import { formatName, isByField, ownTime } from '../shared/records/format.ts';
import type { Format } from '../shared/records/types.ts';
import type { BatchResult } from '../shared/sql/engine/batch.ts';
import type { Rejection } from '../shared/sql/engine/fold.ts';
import type { Plan } from '../shared/sql/plan.ts';
import { timestampText } from '../shared/sql/run/iso-time.ts';
import { type Io, note } from './io.ts';
import { plural } from './program.ts';
import type { Place, RowSettings, Rows } from './rows.ts';

interface Ran {
  readonly plan: Plan;
  readonly rows: Rows;
  readonly result: BatchResult;
  readonly settings: RowSettings;
  /** The user has said where ROWTIME comes from, or it is a stream's own. */
  readonly isDated: boolean;
}

/** More are counted, not listed. */
const LISTED = 5;

/** What the person should know beside the result: rows without time, records and rows set aside. */
export function reportRows({ plan, rows, result, settings, isDated }: Ran, io: Io): void {
  if (rows.undated > 0 && !isDated) note(io, undatedText(rows, settings));
  for (const name of unfilled(plan, rows, settings)) {
    note(io, `note: column "${name}" is NULL in every row; ${SPELLING}`);
  }
  if (rows.faults.length > 0) {
    const all = plural(rows.records, 'record');
    note(io, `${rows.faults.length.toLocaleString('en')} of ${all} could not be read:`);
    list(
      rows.faults,
      io,
      ({ place, reason, message }) => `${placeText(place)}: ${reason}: ${message}`,
    );
    if (rows.faults.length === rows.records) note(io, `hint: ${formatHint(settings.format)}`);
  }
  const { rejections } = result;
  if (rejections.length > 0) {
    const verb = rejections.length === 1 ? 'was' : 'were';
    note(io, `${plural(rejections.length, 'row')} ${verb} refused by a pump (ERROR_STREAM):`);
    list(rejections, io, (one) => `${whereIs(one, plan, rows)}: ${one.code}: ${one.message}`);
  }
}

function list<T>(found: readonly T[], io: Io, textOf: (one: T) => string): void {
  for (const one of found.slice(0, LISTED)) note(io, `  ${textOf(one)}`);
  const more = found.length - LISTED;
  if (more > 0) note(io, `  … and ${more.toLocaleString('en')} more`);
}

/** The place in the input where the pump reads the source itself; further on only the time is known. */
function whereIs({ node, record, rowtime }: Rejection, { source }: Plan, { places }: Rows): string {
  const isOfSource =
    node.from === source.name && (node.kind !== 'project' || node.order.length === 0);
  const place = isOfSource && record >= 0 ? places[record] : undefined;
  const where = place === undefined ? `row of ${timestampText(rowtime)}` : placeText(place);
  return `${where}, pump ${node.pump}`;
}

function placeText(place: Place): string {
  return typeof place === 'number' ? `line ${place}` : `record ${place}`;
}

function undatedText({ undated, rows }: Rows, { format, now }: RowSettings): string {
  const which =
    undated === rows.length
      ? 'the rows have'
      : `${plural(undated, 'row')} of ${rows.length.toLocaleString('en')} have`;
  const column = ownTime(format)?.replace('$.', '') ?? 'COLUMN';
  return `note: ${which} no ROWTIME and got the current time, ${timestampText(now)}; --rowtime ${column} takes it from a column`;
}

const SPELLING = 'names are exact: name without quotes is NAME, "name" is name';

/** Columns in upper case that no row has a value for: mostly a name that lacks its quotes. */
function unfilled({ source }: Plan, { rows }: Rows, { mapped, format }: RowSettings): string[] {
  if (rows.length === 0 || isByField(format)) return [];
  return mapped.flatMap(({ name }) => {
    const slot = source.columns.findIndex((column) => column.name === name) + 1;
    const isSuspect = name === name.toUpperCase() && /[A-Z]/.test(name);
    return isSuspect && rows.every((row) => row[slot] === null) ? [name] : [];
  });
}

function formatHint(format: Format): string {
  switch (formatName(format)) {
    case 'apache':
      return 'apache reads one access log line a record; --format json reads JSON';
    case 'cloudtrail':
      return 'cloudtrail reads CloudTrail events; --format json reads other JSON';
    case 'json':
      return 'json reads one JSON object a line; for a file with one array: jq -c ".[]" rows.json; logs: --format apache or syslog';
    default:
      return `a line of the file is a record of format ${formatName(format)}; docs/formats.md shows one`;
  }
}
