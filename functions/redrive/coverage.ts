import type { Fault, FaultyRecord } from '../../shared/consume/faults.ts';
import type { LaneEntry } from '../../shared/results/lane.ts';
import type { Admits } from '../../shared/sql/engine/fold.ts';
import type { Graph } from '../../shared/sql/engine/graph.ts';
import type { Entry, Place } from '../../shared/sql/engine/groups.ts';
import { isoTime } from '../../shared/windows/bucket.ts';
import type { FaultyGroup, Held } from './faulty-group.ts';

/** What of their records some faults stand for: just that was refused, the rest is in the tables. */
export interface Coverage {
  /** For a folder: an entry counts if it was refused, and if its results are still the same ones. */
  readonly admits: Admits;
  /** The versions of the rules that refused an entry. */
  readonly refusedBy: (entry: LaneEntry) => ReadonlySet<string>;
  /** The faults in which a user record's row at some nodes has a part; null: the user record itself. */
  readonly concerned: (record: number, sub: number, at: At | null) => readonly Held[];
  /** Faults with entries whose results another program writes now. */
  readonly elsewhere: ReadonlySet<Held>;
}

export interface At {
  readonly row: number;
  /** The pumps that a row has come through or may still come to. */
  readonly pumps: ReadonlySet<string>;
}

/** `targets` gives the names of results by node: see targetsOf. */
export function createCoverage(
  graph: Graph,
  targets: ReadonlyMap<string, string>,
  groups: readonly FaultyGroup[],
): Coverage {
  const elsewhere = new Set<Held>();
  const nodes = new Map(graph.nodes.map((node) => [node.id, node]));
  const pumpsOf = (way: string): ReadonlySet<string> =>
    new Set(way.split('>').map((id) => nodes.get(id)!.pump));
  const covering = ({ record, sub, row, way }: LaneEntry, place: Place | null | undefined) =>
    groups[record]!.objects.filter((held) => {
      const at = { row, pumps: pumpsOf(way) };
      return isIn(held.record, place) && held.record.faults.some((one) => covers(one, sub, at));
    });
  const isHere = (way: string, held: Held): boolean => {
    const target = targets.get(way.slice(way.lastIndexOf('>') + 1));
    return target !== undefined && (held.record.refuser?.results.includes(target) ?? false);
  };
  return {
    elsewhere,
    admits: (entry: Entry, place) => {
      const found = covering(entry, place);
      const here = found.filter((held) => isHere(entry.way, held));
      for (const held of found) if (!here.includes(held)) elsewhere.add(held);
      return here.length > 0;
    },
    refusedBy: (entry) => {
      const found = covering(entry, undefined).filter((held) => isHere(entry.way, held));
      return new Set(found.map(({ record }) => record.refuser!.version));
    },
    concerned: (record, sub, at) =>
      groups[record]!.objects.filter((held) =>
        held.record.faults.some((one) => covers(one, sub, at)),
      ),
  };
}

/** Where a result has refused it, it belongs to that result alone. `place` undefined: to any. */
function isIn({ result }: FaultyRecord, place: Place | null | undefined): boolean {
  if (result === undefined || place === undefined) return true;
  return place !== null && isoTime(place.start) === result.window && place.key === result.key;
}

function covers(fault: Fault, sub: number, at: At | null): boolean {
  const { reason, subSequenceNumber, pump, row = 0 } = fault;
  // What could not be taken apart may have been any number of user records.
  const isWhole = reason === 'BAD_BASE64' || reason === 'DAMAGED_AGGREGATE';
  if (subSequenceNumber !== sub && !isWhole) return false;
  if (pump === undefined) return true;
  return at !== null && at.row === row && at.pumps.has(pump);
}
