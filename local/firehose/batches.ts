import type { SourceRecord, Transform, Transformed } from './types.ts';

export interface BatchPorts {
  readonly transform: Transform;
  /** A batch holds no more, unless one record alone does. */
  readonly mostBytes: number;
  /** ms since 1970. */
  readonly now: () => number;
  /** Takes what became of a batch; the next one is transformed when it is done. */
  readonly transformed: (
    records: readonly SourceRecord[],
    results: readonly Transformed[],
  ) => Promise<void>;
}

export interface Batches {
  /** Resolves when there is room for more; rejects when a batch that was full failed. */
  readonly add: (record: SourceRecord) => Promise<void>;
  /** Transforms what is gathered if it was begun at `due` or before. */
  readonly transformDue: (due: number) => Promise<void>;
  /** Transforms what is gathered. */
  readonly transform: () => Promise<void>;
  /** Resolves when nothing is being transformed, whether it went well or not. */
  readonly ended: () => Promise<unknown>;
}

/** Gathers records for the transformer, one batch after the other: the next is gathered meanwhile. */
export function createBatches(ports: BatchPorts): Batches {
  const { mostBytes, now, transformed } = ports;
  let batch = emptyBatch();
  let transforming: Promise<unknown> = Promise.resolve();

  function transform(): Promise<void> {
    const { records } = batch;
    if (records.length === 0) return Promise.resolve();
    batch = emptyBatch();
    const run = transforming.then(async () => transformed(records, await ports.transform(records)));
    transforming = run.catch(() => {});
    return run;
  }

  return {
    async add(record) {
      if (batch.bytes + record.data.length > mostBytes) await transform();
      if (batch.records.length === 0) batch.since = now();
      batch.records.push(record);
      batch.bytes += record.data.length;
      if (batch.bytes >= mostBytes) await transform();
    },
    async transformDue(due) {
      if (batch.since <= due) await transform();
    },
    transform,
    ended: () => transforming,
  };
}

function emptyBatch() {
  return { records: [] as SourceRecord[], bytes: 0, since: Number.POSITIVE_INFINITY };
}
