import type { FaultReason } from '../../shared/records/types.ts';
import { decimal, type UserEvent } from './events.ts';
import { type Content, hashOf, isIn, type Shard } from './producer.ts';
import { LATENESS, MINUTE, SKEW, STRICT } from './program.ts';

/** A row of the source: a user record that the program sees. */
export interface SourceRow {
  readonly shardId: string;
  /** The attribute of the shard's fence. */
  readonly lane: string;
  /** Which record of the shard, from 0. */
  readonly index: number;
  readonly sequenceNumber: string;
  readonly sub: number;
  readonly arrival: number;
  readonly event: UserEvent;
  /** Whether it was refused, wholly or where it is late, before the schema was mended. */
  readonly contested: { readonly whole: boolean; readonly late: boolean };
}

/** What the records of a stream mean, worked out from what the producer meant, not from bytes. */
export interface Model {
  readonly put: (shard: Shard, sequenceNumber: string, arrival: number, content: Content) => void;
  /** Rows by the item they belong to, in the order of each lane: see `placesOf`. */
  readonly groups: ReadonlyMap<string, readonly SourceRow[]>;
  /** The rows behind the items of ROWS_OUT, by sort key. */
  readonly single: ReadonlyMap<string, SourceRow>;
  readonly rows: readonly SourceRow[];
  /** What is set aside, by `shard:sequence number`: each with the sub-sequence number, reason, pump. */
  readonly faults: ReadonlyMap<string, readonly string[]>;
  /** The same before the schema was mended. */
  readonly strictFaults: ReadonlyMap<string, readonly string[]>;
  readonly shards: ReadonlyMap<string, ShardCounts>;
  /** Index of the record at which a fence of a lane stands; null: no record has this number. */
  readonly positionOf: (lane: string, fence: Uint8Array) => number | null;
}

export interface ShardCounts {
  records: number;
  userRecords: number;
  filtered: number;
  /** User records that are no row. */
  faulty: number;
  rows: number;
}

export function createModel(): Model {
  const groups = new Map<string, SourceRow[]>();
  const single = new Map<string, SourceRow>();
  const rows: SourceRow[] = [];
  const faults = new Map<string, string[]>();
  const shards = new Map<string, ShardCounts>();
  const fences = new Map<string, Map<string, number>>();

  const strictFaults = new Map<string, string[]>();
  const noteIn = (into: Map<string, string[]>, id: string, fault: string): void => {
    const known = into.get(id);
    if (known) known.push(fault);
    else into.set(id, [fault]);
  };
  /** By the schema of now, by the one before, or by both. */
  const setAside = (
    id: string,
    sub: number,
    reason: FaultReason,
    pump = '',
    by: readonly Map<string, string[]>[] = [faults, strictFaults],
  ): void => {
    for (const into of by) noteIn(into, id, `${sub} ${reason} ${pump}`);
  };

  const takeRow = (row: SourceRow, id: string): void => {
    rows.push(row);
    const { whole } = row.contested;
    const by = whole ? [faults] : [faults, strictFaults];
    if (whole) setAside(id, row.sub, 'BAD_TYPE', '', [strictFaults]);
    else if (row.contested.late) {
      refuseByTime(row, 'LATE', (reason, pump) =>
        setAside(id, row.sub, reason, pump, [strictFaults]),
      );
    }
    const refuse = (reason: FaultReason, pump: string): void =>
      setAside(id, row.sub, reason, pump, by);
    for (const place of placesOf(row, refuse)) {
      const held = groups.get(place);
      if (held) held.push(row);
      else groups.set(place, [row]);
    }
    const { n, item } = row.event;
    if (item !== 'apple') return;
    if (n === 0) refuse('ROW_ERROR', 'ROWS_PUMP');
    else single.set(`${id}.${row.sub}.0`, row);
  };

  const put: Model['put'] = (shard, sequenceNumber, arrival, { users, aggregated, harm }) => {
    const { shardId } = shard;
    const counts = shards.get(shardId) ?? newCounts();
    shards.set(shardId, counts);
    const index = counts.records++;
    const lane = laneOf(shardId);
    const known = fences.get(lane) ?? new Map<string, number>();
    fences.set(lane, known.set(hexOf(sequenceNumber), index));
    const id = `${shardId}:${sequenceNumber}`;
    if (harm !== null) {
      counts.userRecords++;
      counts.faulty++;
      setAside(id, 0, harm);
      return;
    }
    for (const [sub, event] of users.entries()) {
      counts.userRecords++;
      if (aggregated && !isIn(shard.range, hashOf(event))) counts.filtered++;
      else if (event.bad !== null) {
        counts.faulty++;
        setAside(id, sub, event.bad);
      } else {
        counts.rows++;
        const contested = contestedOf(event, arrival);
        takeRow({ shardId, lane, index, sequenceNumber, sub, arrival, event, contested }, id);
      }
    }
  };

  return {
    put,
    groups,
    single,
    rows,
    faults,
    strictFaults,
    shards,
    positionOf: (lane, fence) =>
      fences.get(lane)?.get(Buffer.from(fence.subarray(1)).toString('hex')) ?? null,
  };
}

function newCounts(): ShardCounts {
  return { records: 0, userRecords: 0, filtered: 0, faulty: 0, rows: 0 };
}

/**
 * The items that a row belongs to, as `<pump or stream>#<window>|<sort key>`; where it is refused,
 * `refuse` hears why.
 */
function placesOf(row: SourceRow, refuse: (reason: FaultReason, pump: string) => void): string[] {
  const { arrival, shardId, event } = row;
  const { at, n } = event;
  const who = keyText(event.who);
  const item = keyText(event.item);
  const now = minuteOf(arrival);
  const places = [`EXTREMES#${now}|${who}`, `AHEAD_PUMP#${now}|${who}`, `SHARDS#${now}|${shardId}`];
  if (event.item !== null) {
    places.push(`TOP_ITEMS_PUMP/2#${now}|item|${event.item}`, `TOP_ITEMS_PUMP/2#${now}|top`);
  }
  if (event.who !== null) places.push(`ACTIVE_PUMP/2#${now}|distinct`);
  const refusal = lateness(at, arrival);
  if (refusal !== null) {
    refuseByTime(row, refusal, refuse);
    return places;
  }
  const then = minuteOf(at!);
  places.push(`TOTALS#${then}|${who}`, `MIXED#${then}|BY_ITEM|${item}`);
  if (n !== null && n > 0) places.push(`MIXED#${then}|BY_PERSON|${who}`);
  return places;
}

/** By the pumps with windows of event time. */
function refuseByTime(
  { event: { n } }: SourceRow,
  reason: FaultReason,
  refuse: (reason: FaultReason, pump: string) => void,
): void {
  refuse(reason, 'TOTALS_PUMP');
  refuse(reason, 'BY_ITEM');
  if (n !== null && n > 0) refuse(reason, 'BY_PERSON');
}

function contestedOf({ at, amount }: UserEvent, arrival: number): SourceRow['contested'] {
  const isLate = lateness(at, arrival) === null && lateness(at, arrival, STRICT.lateness) !== null;
  const size = amount === null ? 0n : amount < 0n ? -amount : amount;
  return { whole: size > STRICT.most, late: isLate };
}

/** Whether an item needed the mended schema to get a row. */
export function isContested({ contested }: SourceRow, name: string): boolean {
  return contested.whole || (contested.late && (name === 'TOTALS' || name === 'MIXED'));
}

function lateness(at: number | null, arrival: number, allowed = LATENESS): FaultReason | null {
  if (at === null) return 'NO_EVENT_TIME';
  if (at > arrival + SKEW) return 'FUTURE';
  const end = Math.floor(at / MINUTE) * MINUTE + MINUTE;
  return arrival > end + allowed ? 'LATE' : null;
}

/** The start of a time's minute, as keys show it. */
export function minuteOf(time: number): string {
  return `${new Date(Math.floor(time / MINUTE) * MINUTE).toISOString().slice(0, 19)}Z`;
}

function keyText(text: string | null): string {
  if (text === null) return '\\N';
  return text === '' ? '\\E' : text.replace(/[|\\]/g, '\\$&');
}

/** The attribute in which an item keeps a shard's fence. */
export function laneOf(shardId: string): string {
  return `_f${Number(shardId.slice('shardId-'.length)).toString(36)}`;
}

function hexOf(sequenceNumber: string): string {
  const hex = BigInt(sequenceNumber).toString(16);
  return hex.length % 2 === 0 ? hex : `0${hex}`;
}

/** A row for people. */
export function tell({ shardId, index, sub, arrival, event }: SourceRow): string {
  const { who, item, n, at } = event;
  const time = (ms: number | null): string => (ms === null ? 'NULL' : new Date(ms).toISOString());
  const amount = event.amount === null ? 'NULL' : decimal(event.amount);
  const what = `who=${who} item=${item} amount=${amount} n=${n}`;
  return `${shardId} record ${index}.${sub} arrival ${time(arrival)} at ${time(at)} ${what}`;
}
