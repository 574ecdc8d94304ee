import type { SourceColumn } from '../sql/plan.ts';
import type { Row, Value } from '../sql/types.ts';

/** What is known of a record besides its data; null: not known. */
export interface Metadata {
  readonly shardId: string | null;
  readonly sequenceNumber: string | null;
  readonly partitionKey: string | null;
  /** Milliseconds since 1970. */
  readonly arrival: number;
}

/** Puts SHARD_ID and its like between the decoded columns; null where the program reads none. */
export function metadataFiller(
  columns: readonly SourceColumn[],
): ((row: Row, about: Metadata) => Row) | null {
  if (columns.every(({ metadata }) => metadata === undefined)) return null;
  return (row, about) => {
    let next = 1;
    const values = columns.map(({ metadata }): Value => {
      if (metadata === undefined) return row[next++]!;
      if (metadata === 'SHARD_ID') return about.shardId;
      if (metadata === 'PARTITION_KEY') return about.partitionKey;
      return metadata === 'SEQUENCE_NUMBER' ? about.sequenceNumber : about.arrival;
    });
    return [row[0]!, ...values];
  };
}
