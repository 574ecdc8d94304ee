import type { Held } from '../../functions/redrive/faulty-group.ts';
import type { Fault, FaultyRecord } from '../../shared/consume/faults.ts';
import { suggest } from '../../shared/sql/suggest.ts';
import { CommandError } from '../errors.ts';
import { type Io, note, paint, progressOn } from '../io.ts';
import { plural } from '../program.ts';
import { renderTable, type TableColumn } from '../table.ts';
import type { Filters } from './filters.ts';
import { applicationNames, type Place } from './place.ts';
import { eachFault, faultJson } from './read.ts';

export interface ListOptions {
  /** undefined: all. */
  readonly application: string | undefined;
  readonly filters: Filters;
  /** Also the single faults, of which a table shows so many at most. */
  readonly isSingle: boolean;
  readonly limit: number;
  readonly isJson: boolean;
  readonly config: string | undefined;
}

/** Faults of one application and reason. */
interface Tally {
  readonly application: string;
  readonly reason: string;
  faults: number;
  /** Arrivals, ISO 8601. */
  oldest: string;
  newest: string;
}

/** `sluice faults list`: what lies aside, by application and reason, then one by one. */
export async function list(place: Place, options: ListOptions, io: Io): Promise<number> {
  const { application, filters, isSingle, limit, isJson } = options;
  const tallies = new Map<string, Tally>();
  const shown: Held[] = [];
  const progress = progressOn(io);
  let count = 0;
  try {
    for await (const held of eachFault(place.archive, application, filters, progress)) {
      count++;
      addTo(tallies, held.record);
      if (isSingle && isJson) {
        progress.clear();
        io.out.write(`${faultJson(held, false)}\n`);
      } else if (isSingle && shown.length < limit) shown.push(withoutPayload(held));
    }
  } finally {
    progress.clear();
  }
  const sorted = [...tallies.values()].sort(
    (a, b) => a.application.localeCompare(b.application) || b.faults - a.faults,
  );
  if (isJson) {
    for (const tally of sorted) io.out.write(`${JSON.stringify(tally)}\n`);
    return 0;
  }
  if (count === 0) {
    note(io, `no faults ${application === undefined ? '' : `of ${application} `}at ${place.url}`);
    tellName(io, options);
    return 0;
  }
  const { color } = io.out;
  io.out.write(`${paint(color, 'bold', plural(count, 'fault'))} at ${place.url}\n`);
  io.out.write(renderTable(tallyColumns(sorted), color));
  if (!isSingle) return 0;
  io.out.write(`\n${renderTable(faultColumns(shown, application === undefined), color)}`);
  const left = count - shown.length;
  if (left > 0) {
    const narrow = '--reason, --shard, --from and --to choose among them, --limit shows more';
    note(io, `${left.toLocaleString('en')} more: ${narrow}`);
  }
  return 0;
}

function addTo(tallies: Map<string, Tally>, { application, arrival, faults }: FaultyRecord): void {
  for (const reason of new Set(faults.map((fault) => fault.reason))) {
    const key = `${application} ${reason}`;
    const tally = tallies.get(key);
    if (tally === undefined) {
      tallies.set(key, { application, reason, faults: 1, oldest: arrival, newest: arrival });
      continue;
    }
    tally.faults++;
    if (arrival < tally.oldest) tally.oldest = arrival;
    if (arrival > tally.newest) tally.newest = arrival;
  }
}

function tallyColumns(tallies: readonly Tally[]): TableColumn[] {
  const column = (heading: string, cell: (tally: Tally) => string, isNumeric = false) => ({
    ...{ heading, isNumeric },
    cells: tallies.map(cell),
  });
  return [
    column('application', ({ application }) => application),
    column('reason', ({ reason }) => reason),
    column('faults', ({ faults }) => faults.toLocaleString('en'), true),
    column('oldest arrival', ({ oldest }) => oldest),
    column('newest arrival', ({ newest }) => newest),
  ];
}

/** 56 digits, to be copied. */
const SEQUENCE_NUMBER = 'sequence number';

function faultColumns(shown: readonly Held[], hasApplication: boolean): TableColumn[] {
  const column = (heading: string, cell: (record: FaultyRecord) => string) => ({
    ...{ heading, isNumeric: false, isWhole: heading === SEQUENCE_NUMBER },
    cells: shown.map(({ record }) => cell(record)),
  });
  const each = (of: (fault: Fault) => string | undefined) => (record: FaultyRecord) =>
    [...new Set(record.faults.flatMap((fault) => of(fault) ?? []))].join(', ');
  const pumps = each(({ pump }) => pump);
  return [
    ...(hasApplication ? [column('application', ({ application }) => application)] : []),
    column('shard', ({ shardId }) => shardId),
    column(SEQUENCE_NUMBER, ({ sequenceNumber }) => sequenceNumber),
    column('arrival', ({ arrival }) => arrival),
    column(
      'reason',
      each(({ reason }) => reason),
    ),
    column('pump', (record) => record.result?.pump ?? (pumps(record) || 'all')),
  ];
}

/** A name that nobody has finds nothing either. */
function tellName(io: Io, { application, config }: ListOptions): void {
  if (application === undefined) return;
  const names = knownNames(config);
  if (names.length === 0 || names.includes(application)) return;
  const near = suggest(application, names);
  const hint = near === null ? `it has ${names.join(', ')}` : `did you mean ${near}?`;
  note(io, `streams.yml has no application ${application}: ${hint}`);
}

function knownNames(config: string | undefined): string[] {
  try {
    return applicationNames(config, false);
  } catch (error) {
    if (error instanceof CommandError) return [];
    throw error;
  }
}

/** Only what a table shows stays in memory. */
function withoutPayload({ key, record }: Held): Held {
  return { key, record: { ...record, data: '' } };
}
