import type { MappingSettings } from '../../../local/mapping/types.ts';
import type { VirtualClock } from '../../../local/mapping/virtual-clock.ts';
import type { FaultyRecord } from '../../../shared/consume/faults.ts';
import type { ShardRanges } from '../../../shared/consume/shard-ranges.ts';
import type { Attributes, ItemKey } from '../../../shared/results/store.ts';
import type { Network } from '../client.ts';
import type { Code, Invocation } from '../invocation.ts';
import type { Model } from '../model.ts';
import type { Oracle } from '../oracle.ts';
import type { Random } from '../random.ts';
import type { Stream } from '../stream.ts';
import type { TableModel } from '../tables.ts';

/** Another function that reads the stream beside the application, and what must hold for it. */
export interface Consumer {
  /** Under which it sets aside. */
  readonly name: string;
  /** Its own; null: it has none. */
  readonly table: string | null;
  readonly code: Code;
  /** Of its mapping. */
  readonly settings: Partial<MappingSettings>;
  /** Hears of every record that is put into the stream. */
  readonly put: Model['put'];
  /** Judges what is set aside: throws Broken unless exactly that is at fault. */
  readonly setAside: (record: FaultyRecord) => void;
  /** Judges a write into its table: throws Broken. */
  readonly judge: (key: ItemKey, before: Attributes | null, after: Attributes) => void;
  /** What must hold when all is done: throws Broken. */
  readonly check: (oracle: Oracle) => Promise<void>;
}

/** What a consumer sees of its world. */
export interface Surroundings {
  readonly random: Random;
  readonly clock: VirtualClock;
  readonly stream: Stream;
  readonly model: Model;
  readonly tables: TableModel;
  /** Fresh tables that nobody watches. */
  readonly emptyTables: () => TableModel;
  readonly network: Network;
  readonly ranges: ShardRanges;
  /** Runs a check inside an invocation: what is broken ends the world, and is no error of the function. */
  readonly watched: <T>(by: Invocation, check: () => T) => T;
}
