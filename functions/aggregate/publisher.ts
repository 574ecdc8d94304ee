import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { eachLimit } from '../../shared/consume/each-limit.ts';
import { rowAttributes } from '../../shared/results/attributes.ts';
import { GONE, publish } from '../../shared/results/publish.ts';
import type { Attributes } from '../../shared/results/store.ts';
import type { Appended } from '../../shared/sql/engine/fold.ts';
import type { Node } from '../../shared/sql/plan.ts';
import type { Row } from '../../shared/sql/types.ts';
import { outputAddress, sortKeyPrefix } from './address.ts';
import type { Change } from './change.ts';
import { type Batch, type Context, lackOf, settle, WRITES_IN_FLIGHT } from './context.ts';

/** Rows of records lie by the minute of their arrival: a list of them is a few cheap queries. */
const MINUTE = 60_000;

/** Writes the rows that a node gives to an output stream, where they are not stored already. */
export function createPublisher(node: Node, context: Context) {
  const { application, tables, graph, store } = context;
  const address = outputAddress(application, tables, graph, node.into);
  const prefixOf = (origin: string): string => sortKeyPrefix(graph, node.into, origin);
  const { columns } = graph.plan.streams[node.into]!;
  const several = graph.ways(node) > 1;
  const content = (change: Change): Attributes => {
    if (!change.present || change.rows.length === 0) return { [GONE]: { BOOL: true } };
    if (!change.list) return rowAttributes(columns, change.rows[0]!);
    return { rows: { L: change.rows.map((row) => asMap(row)) } };
  };
  const asMap = (row: Row): AttributeValue => ({ M: rowAttributes(columns, row) });

  const changed = (changes: readonly Change[], batch: Batch): Promise<void> =>
    eachLimit(changes, WRITES_IN_FLIGHT, async (change) => {
      if (!change.present && !change.shown) return;
      const { start, end } = change.window;
      const row = { ...content(change), ...address.expiry(end) };
      try {
        await publish(
          store,
          address.key(start, `${prefixOf(change.origin)}${change.sortKey}`),
          change.revision,
          row,
        );
      } catch (error) {
        await settle(batch, node, lackOf(start, change.sortKey, change.first), error);
      }
    });

  /** A row of a record has the record's identity as its key: written twice it is the same row. */
  const appended = (rows: readonly Appended[], identity: Identity, batch: Batch): Promise<void> =>
    eachLimit(rows, WRITES_IN_FLIGHT, async ({ values, record, sub, row, way }) => {
      const arrival = values[0] as number;
      const minute = Math.floor(arrival / MINUTE) * MINUTE;
      const sortKey = `${prefixOf(node.id)}${identity(record)}.${sub}.${row}${several ? `.${way}` : ''}`;
      try {
        const item = { ...rowAttributes(columns, values), ...address.expiry(arrival) };
        await store.put(address.key(minute, sortKey), item);
      } catch (error) {
        const members = () => [{ record, sub }];
        await settle(batch, node, { start: minute, key: sortKey, first: record, members }, error);
      }
    });

  return { changed, appended };
}

/** Shard and sequence number of a record of the batch, as text. */
type Identity = (record: number) => string;
