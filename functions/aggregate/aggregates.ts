import { eachLimit } from '../../shared/consume/each-limit.ts';
import { type Attributes, type ItemKey, ResultTooLarge } from '../../shared/results/store.ts';
import type { Group } from '../../shared/sql/engine/groups.ts';
import { RowError } from '../../shared/sql/errors.ts';
import type { AggregateNode } from '../../shared/sql/plan.ts';
import { aggregateItems } from './aggregate-items.ts';
import type { Change } from './change.ts';
import { type Batch, type Context, isRefusal, settle, WRITES_IN_FLIGHT } from './context.ts';

/**
 * Brings the batch's partials of one GROUP BY into its items, exactly once each, and tells the
 * merged rows.
 */
export function createAggregateWriter(node: AggregateNode, context: Context) {
  const items = aggregateItems(node, context);

  const write = async (group: Group, batch: Batch): Promise<Attributes | null> => {
    try {
      return await items.write(group, batch);
    } catch (error) {
      throw named(error, items.keyOf(group));
    }
  };

  /**
   * Record by record, for a group that is refused as a whole: only the records that make it too
   * large are set aside. Stops at the first write that is to be tried again: order must hold.
   */
  const writeInPieces = async (group: Group, batch: Batch): Promise<Attributes | null> => {
    let item: Attributes | null = null;
    for (const record of group.records) {
      try {
        const found = batch.refold(record, record + 1).groups.get(node.id);
        const piece = found?.find(group.start, group.key) ?? null;
        if (piece !== null) item = await write(piece, batch);
      } catch (error) {
        const members = () => batch.membersOf(node, group, record);
        const { start, key } = group;
        if (!(await settle(batch, node, { start, key, first: record, members }, error))) break;
      }
    }
    return item;
  };

  return async (groups: readonly Group[], batch: Batch): Promise<Change[]> => {
    const changes: Change[] = [];
    await eachLimit(groups, WRITES_IN_FLIGHT, async (group) => {
      let item: Attributes | null = null;
      try {
        item = await write(group, batch);
      } catch (error) {
        if (isRefusal(error)) item = await writeInPieces(group, batch);
        else batch.outcome.failures.push({ first: group.first, error });
      }
      if (item !== null) changes.push(items.changeOf(item, group, batch));
    });
    return changes;
  };
}

/** A sum that cannot be stored is told with the row that it is in. */
function named(error: unknown, key: ItemKey): unknown {
  const overflow = error instanceof RowError && error.code === 'OVERFLOW';
  return overflow ? new ResultTooLarge(key, error) : error;
}
