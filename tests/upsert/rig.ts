import { createServices } from '../../functions/upsert/services.ts';
import { createUpsert, type UpsertEvent } from '../../functions/upsert/upsert.ts';
import { parseStreams } from '../../shared/config/streams.ts';
import type { Upsert } from '../../shared/config/upserts.ts';
import { type FaultStore, type FaultyRecord, faultKey } from '../../shared/consume/faults.ts';
import type { Attributes, Store } from '../../shared/results/store.ts';

/** The upsert of a streams.yml whose `upserts: totals:` is this. */
export function totals(text: string, stream = 'format: json'): Upsert {
  const { config, diagnostics } = parseStreams(`streams:
  results: { shards: 2, ${stream} }
applications:
  any: { stream: results, sql: any.sql, schema: { a: INTEGER }, outputs: { ANY: { table: any } } }
upserts:
  totals: ${text}
`);
  if (config === null) throw new Error(JSON.stringify(diagnostics));
  return config.upserts.totals!.upsert;
}

/** Rows with every kind of merge; by country and minute. */
export const COLUMNS = `
    key: { partition: [country], sort: [minute] }
    version: at
    columns:
      country: VARCHAR(2)
      minute: TIMESTAMP
      at: { type: BIGINT }
      status: VARCHAR(16)
      note: VARCHAR(16)
      orders: { type: BIGINT, merge: add }
      amount: { type: "DECIMAL(15,2)", merge: add }
      low: { type: DOUBLE, merge: min }
      last: { type: VARCHAR(8), merge: max }`;

export interface Rig {
  readonly invoke: (event: UpsertEvent) => Promise<unknown>;
  readonly faults: Map<string, FaultyRecord>;
}

/** The function on a store, with faults in memory. */
export function rig(upsert: Upsert, store: Store, put?: FaultStore['put']): Rig {
  const faults = new Map<string, FaultyRecord>();
  const keep: FaultStore['put'] = async (record) => {
    faults.set(faultKey(record), record);
  };
  const given = { upsert, store, faults: { put: put ?? keep }, ranges: null };
  return { invoke: createUpsert(createServices(given, 'totals')), faults };
}

/** An event of the Lambda destination. */
export function delivery(records: readonly { readonly id: string; readonly data: string }[]) {
  return {
    invocationId: 'b8a4c0d1-0000-4000-8000-000000000001',
    applicationArn: 'arn:aws:kinesisanalytics:eu-west-1:123456789012:application/orders',
    records: records.map(({ id, data }) => ({
      recordId: id,
      lambdaDeliveryRecordMetadata: { retryHint: 0 },
      data: Buffer.from(data).toString('base64'),
    })),
  };
}

/** What a reader sees: columns without what begins with `_`, plain, by pk and sk. */
export function visible(items: Readonly<Record<string, Attributes>>) {
  return Object.fromEntries(
    Object.entries(items).map(([id, item]) => [
      id,
      Object.fromEntries(
        Object.entries(item)
          .filter(([name]) => !name.startsWith('_') && name !== 'expires')
          .map(([name, { S, N }]) => [name, S ?? Number(N)])
          .sort(),
      ),
    ]),
  );
}
