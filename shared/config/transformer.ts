import type { Format, MappedColumn } from '../records/types.ts';
import type { Plan } from '../sql/plan.ts';

/**
 * What one transform function does, written into its bundle as transformer.json. What a user's own
 * transformer needs as well stands in the environment: partition keys, and where it may put back.
 */
export interface Transformer {
  readonly delivery: string;
  /** What the stream's records hold. */
  readonly format: Format;
  readonly compression: 'none' | 'gzip';
  readonly work: TransformWork;
  /** Keys that each record is given for dynamic partitions: columns, `date`, `hour`. */
  readonly partitionKeys: readonly string[];
  /** ISO 8601, or as Parquet's reader takes it: yyyy-MM-dd HH:mm:ss.SSS. */
  readonly timestamps: 'iso' | 'sql';
}

export type TransformWork =
  /** Rows with all that the record holds. */
  | { readonly kind: 'format' }
  /** Rows with these columns. */
  | { readonly kind: 'columns'; readonly columns: readonly MappedColumn[] }
  /** The rows of one stream of a program without aggregates. */
  | {
      readonly kind: 'sql';
      readonly columns: readonly MappedColumn[];
      readonly plan: Plan;
      readonly output: string;
    };
