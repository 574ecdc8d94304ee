import type { Format, MappedColumn } from '../records/types.ts';
import type { Plan } from '../sql/plan.ts';

/**
 * All that one aggregate function needs to know, written into its bundle as application.json.
 * It names tables logically; the stage's physical names come from the environment.
 */
export interface Application {
  readonly name: string;
  readonly stream: {
    readonly name: string;
    readonly format: Format;
    /** gzip: records are packed as a whole. */
    readonly compression?: 'none' | 'gzip';
    /** 'kpl': user records outside their shard's hash range are dropped (design section 4.10). */
    readonly producer: 'kpl' | 'other';
    readonly retentionMs: number;
  };
  /** Columns of the source stream, all that streams.yml declares. */
  readonly columns: readonly MappedColumn[];
  readonly plan: Plan;
  /** null: never late. */
  readonly latenessMs: number | null;
  /** How far an event time may lie ahead of the arrival. */
  readonly skewMs: number;
  /** Keyed by the in-application stream that is kept. */
  readonly outputs: Readonly<Record<string, Output>>;
}

export interface Output {
  /** Logical table name: streams.yml's `table`. */
  readonly table: string;
  /** Milliseconds past the window's end; null: kept for ever. */
  readonly keepMs: number | null;
  /** Over how many partitions one window's groups are spread (1 … 16). */
  readonly spread: number;
}
