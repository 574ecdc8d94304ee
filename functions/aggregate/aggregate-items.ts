import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { rowAttributes } from '../../shared/results/attributes.ts';
import type { PartOf } from '../../shared/results/lane.ts';
import { GONE } from '../../shared/results/publish.ts';
import type { Attributes, ItemKey } from '../../shared/results/store.ts';
import { type AddDelta, addOnce, type Merge, merge, ROWS } from '../../shared/results/upsert.ts';
import { compileFinish, groupRow } from '../../shared/sql/engine/finish.ts';
import type { Group } from '../../shared/sql/engine/groups.ts';
import { RowError } from '../../shared/sql/errors.ts';
import type { AggregateNode } from '../../shared/sql/plan.ts';
import { addStored, storeCell } from '../../shared/windows/cells.ts';
import type { Change } from './change.ts';
import { type Batch, type Context, partOf } from './context.ts';
import { placementOf } from './placement.ts';
import { additions, readPartials, writePartials } from './stored-cells.ts';

/** Set once a revision has passed HAVING: from then on a reader may hold the row. */
const SHOWN = '_p';

/** The items of one GROUP BY. */
export interface AggregateItems {
  readonly keyOf: (group: Group) => ItemKey;
  /** Brings a group's partials into its item, exactly once; gives the item with them in it, if there is one. */
  readonly write: (group: Group, batch: Batch) => Promise<Attributes | null>;
  /** The merged row that the item holds. */
  readonly changeOf: (item: Attributes, group: Group, batch: Batch) => Change;
}

/**
 * One write per group where DynamoDB can add up; where extremes, averages or HAVING need the stored
 * state, one read and one write.
 */
export function aggregateItems(node: AggregateNode, context: Context): AggregateItems {
  const { store } = context;
  const placement = placementOf(node, context);
  const { address, sortKeyPrefix, isResult, additive, attribute, direct, columns } = placement;
  const finish = compileFinish(node);
  const names = columns.map(({ name }) => name);

  const keyOf = (group: Group): ItemKey => address.key(group.start, `${sortKeyPrefix}${group.key}`);
  /** Columns that are the same in every delta: they depend on the group alone. */
  const constants = (group: Group): Attributes => {
    if (!isResult) return {};
    const { row, error } = finish(groupRow(node, group, group.cells));
    // What its column does not take is no sum that has outgrown the table: a mended column takes it.
    if (error !== null) throw new RowError('CAST', error.message);
    const isConstant = (column: number): boolean => direct[column] === null;
    return rowAttributes(
      columns.filter((_, column) => isConstant(column)),
      row.filter((_, slot) => slot === 0 || isConstant(slot - 1)),
    );
  };

  const deltaOf = (part: Group): AddDelta => {
    const numbers = additions(node, part.cells, part.rows);
    const add: Record<string, string> = { [ROWS]: String(part.rows) };
    const put = (name: string, number: string | null | undefined): void => {
      if (number !== null && number !== undefined) add[name] = number;
    };
    numbers.forEach((number, index) => {
      put(attribute[index]!, number);
    });
    // An aggregate that the select list names twice stands in two columns.
    direct.forEach((index, column) => {
      if (isResult && index !== null) put(names[column]!, numbers[index]);
    });
    return {
      first: part.first,
      last: part.last,
      entries: part.entries,
      add,
      set: { ...constants(part), ...address.expiry(part.end) },
    };
  };

  const add = (group: Group, batch: Batch): Promise<Attributes | null> => {
    const parts = partOf(batch, node, group);
    const deltas: PartOf<AddDelta> = (from, admits) => {
      const part = parts(from, admits);
      return part === null ? null : deltaOf(part);
    };
    return addOnce(store, keyOf(group), batch.lane, deltaOf(group), deltas);
  };

  const fold = async (group: Group, batch: Batch): Promise<Attributes | null> => {
    const step = (item: Attributes | null): Merge | null => {
      const part = batch.lane.lacking(item, group, partOf(batch, node, group));
      if (part === null) return null;
      const { cells, rows: before } = readPartials(node, attribute, item);
      for (const [i, { fn }] of node.aggregates.entries()) {
        addStored(fn, cells[i]!, storeCell(fn, part.cells[i]!));
      }
      const rows = before + part.rows;
      const { row, present } = finish(groupRow(node, { ...group, rows }, cells));
      const visible = isResult && present ? rowAttributes(columns, row) : {};
      const set: Record<string, AttributeValue> = {
        ...visible,
        ...writePartials(node, cells),
        ...address.expiry(group.end),
        [ROWS]: { N: String(rows) },
        ...batch.lane.marks(item, part),
      };
      if (!isResult) {
        if (present) set[SHOWN] = { BOOL: true };
        return { set };
      }
      if (!present) set[GONE] = { BOOL: true };
      // What is NULL now may have had a value before.
      const missing = [...names, GONE].filter((name) => set[name] === undefined);
      return { set, remove: missing };
    };
    return merge(store, keyOf(group), step);
  };

  const changeOf = (item: Attributes, group: Group, batch: Batch): Change => {
    const { cells, rows } = readPartials(node, attribute, item);
    const { row, present, error } = finish(groupRow(node, { ...group, rows }, cells));
    if (error !== null) batch.outcome.rowErrors++;
    return {
      origin: node.id,
      window: { start: group.start, end: group.end },
      sortKey: group.key,
      rowtime: group.rowtime,
      revision: rows,
      rows: [row],
      present,
      shown: node.having === null || item[SHOWN] !== undefined,
      list: false,
      first: group.first,
    };
  };

  return { keyOf, write: additive ? add : fold, changeOf };
}
