import {
  compareFences,
  type Fence,
  fenceOf,
  sequenceNumberOf,
} from '../../../shared/results/fence.ts';
import type { Lane } from '../../../shared/results/lane.ts';
import type { Graph } from '../../../shared/sql/engine/graph.ts';
import type { Group } from '../../../shared/sql/engine/groups.ts';
import { decodeFences, type EncodedFences, encodeFences } from './fence-list.ts';
import { groupRows, isGroupNode, type WindowRows } from './group-rows.ts';

/** What Lambda keeps of a window between its invocations: the groups that are not in the tables. */
export interface WindowState {
  /** The last record that is in it, or was flushed; null: none. */
  readonly last: Fence | null;
  /** How many records have rows in the groups below. */
  readonly records: number;
  /** Those of the records that the groups below begin and end with, rising: -1 is the last. */
  readonly fences: readonly Fence[];
  /** By node id; their records count from -1 downwards. */
  readonly groups: ReadonlyMap<string, readonly Group[]>;
  /** The records that the groups are made of; null: there are none. */
  readonly held: Range | null;
  /** Who has folded them (shared/results/epochs.ts); 0: somebody whose groups mean nothing here. */
  readonly epoch: number;
}

/** Sequence numbers of records of one shard, both ends included. */
export interface Range {
  readonly first: string;
  readonly last: string;
}

/** The JSON of a state. `v`, `shard`, `plan`, `first` and `last` mean the same in all versions. */
interface Encoded {
  readonly v: number;
  readonly shard: string;
  /** The version of program and rules: the groups of another mean nothing. */
  readonly plan: string;
  readonly epoch: number;
  /** The first record that the groups hold; absent where there are none. */
  readonly first?: string;
  readonly last: string;
  readonly records: number;
  readonly fences: EncodedFences;
  readonly groups: Readonly<Record<string, readonly WindowRows[]>>;
}

const VERSION = 1;
const NOTHING = { records: 0, fences: [], groups: new Map(), held: null, epoch: 0 };

/** A state that this function cannot go on with: the shard waits, nothing is lost. */
export class UnusableState extends Error {
  override readonly name = 'UnusableState';
  readonly retryable = true;
}

/** What an invocation leaves behind. */
export interface Kept {
  readonly shardId: string;
  /** The version of program and rules. */
  readonly plan: string;
  readonly last: Fence | null;
  readonly lane: Lane;
  readonly epoch: number;
  readonly groups: ReadonlyMap<string, readonly Group[]>;
  /** How many records have rows in the groups. */
  readonly records: number;
}

/** Reads and writes the states of one program. */
export function createStateCodec(graph: Graph) {
  const rows = new Map(graph.nodes.filter(isGroupNode).map((node) => [node.id, groupRows(node)]));

  return {
    /** Throws UnusableState. A window begins with {} (or nothing at all). `plan` as in Kept. */
    decode: (sent: unknown, shardId: string, plan: string): WindowState => {
      const state = (sent ?? {}) as Partial<Encoded>;
      if (typeof state !== 'object' || Object.keys(state).length === 0) {
        return { ...NOTHING, last: null };
      }
      requireUsable(state, shardId);
      const last = fenceOf(state.last!);
      const { first, epoch = 0 } = state;
      const held = first === undefined ? null : { first, last: state.last! };
      if (state.plan !== plan) return { ...NOTHING, last, held };
      const fences = decodeFences(state.fences!);
      const groups = Object.entries(state.groups!).map(([id, windows]) => {
        const list = rows.get(id)!.decode(windows, (record) => record - fences.length);
        return [id, list] as const;
      });
      return { last, records: state.records!, fences, groups: new Map(groups), held, epoch };
    },

    encode: ({ shardId, plan, last, lane, epoch, groups, records: held }: Kept): object => {
      if (last === null) return {};
      const records = [...new Set([...groups.values()].flat().flatMap((g) => [g.first, g.last]))];
      records.sort((a, b) => a - b);
      const index = new Map(records.map((record, i) => [record, i]));
      const kept = [...groups].filter(([, list]) => list.length > 0);
      const state: Encoded = {
        v: VERSION,
        shard: shardId,
        plan,
        epoch,
        ...(records.length > 0 && { first: sequenceNumberOf(lane.at(records[0]!)) }),
        last: sequenceNumberOf(last),
        records: held,
        fences: encodeFences(records.map(lane.at)),
        groups: Object.fromEntries(
          kept.map(([id, list]) => [
            id,
            rows.get(id)!.encode(list, (record) => index.get(record)!),
          ]),
        ),
      };
      return state;
    },
  };
}

function requireUsable({ v, shard, last }: Partial<Encoded>, shardId: string): void {
  if (typeof v !== 'number' || v > VERSION || typeof last !== 'string') {
    throw new UnusableState(
      `the window's state has version ${JSON.stringify(v)}, and this function reads up to ${VERSION}: deploy the version that wrote it`,
    );
  }
  if (shard !== shardId) {
    throw new UnusableState(`the state of ${shard} came with the records of ${shardId}`);
  }
}

/** How many of a batch's records a state holds already. */
export function countHeld({ last }: WindowState, sequenceNumbers: readonly string[]): number {
  if (last === null) return 0;
  const next = sequenceNumbers.findIndex((number) => compareFences(fenceOf(number), last) > 0);
  return next < 0 ? sequenceNumbers.length : next;
}
