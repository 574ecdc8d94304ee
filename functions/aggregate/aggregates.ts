import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { rowAttributes } from '../../shared/results/attributes.ts';
import { remaining } from '../../shared/results/lane.ts';
import { type Attributes, type ItemKey, ResultTooLarge } from '../../shared/results/store.ts';
import { type AddDelta, addOnce, type Merge, merge, ROWS } from '../../shared/results/upsert.ts';
import { compileFinish, type Finish, groupRow } from '../../shared/sql/engine/finish.ts';
import type { Group } from '../../shared/sql/engine/fold.ts';
import { RowError } from '../../shared/sql/errors.ts';
import type { AggregateNode } from '../../shared/sql/plan.ts';
import { addStored, storeCell } from '../../shared/windows/cells.ts';
import type { Change } from './change.ts';
import {
  type Batch,
  type Context,
  isRefusal,
  noteFailure,
  sameGroup,
  WRITES_IN_FLIGHT,
} from './context.ts';
import { eachLimit } from './limit.ts';
import { type Placement, placementOf } from './placement.ts';
import { additions, readPartials, writePartials } from './stored-cells.ts';

/** Set once a revision has passed HAVING: from then on a reader may hold the row. */
const SHOWN = '_p';

/**
 * Brings the batch's partials of one GROUP BY into its items, exactly once each, and tells the
 * merged rows. One write per touched group; where extremes, averages or HAVING need the stored
 * state, one read and one write.
 */
export function createAggregateWriter(node: AggregateNode, context: Context) {
  const placement = placementOf(node, context);
  const finish = compileFinish(node);
  const write = async (group: Group, batch: Batch): Promise<Attributes> => {
    try {
      return placement.additive
        ? await add(group, node, placement, finish, context, batch)
        : await fold(group, node, placement, finish, context, batch);
    } catch (error) {
      throw named(error, keyOf(group, placement));
    }
  };

  /**
   * Record by record, for a group that is refused as a whole: only the records that make it too
   * large are set aside. Stops at the first write that is to be tried again: order must hold.
   */
  const writeInPieces = async (group: Group, batch: Batch): Promise<Attributes | null> => {
    let item: Attributes | null = null;
    for (let record = group.first; record <= group.last; record++) {
      const part = sameGroup(batch.refold(record, record + 1), node, group);
      if (part === null) continue;
      const piece = { ...part, first: record, last: record };
      try {
        item = await write(piece, batch);
      } catch (error) {
        noteFailure(batch.outcome, node, piece, error);
        if (!isRefusal(error)) break;
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
        else noteFailure(batch.outcome, node, group, error);
      }
      if (item !== null) changes.push(changeOf(item, group, node, placement, finish, batch));
    });
    return changes;
  };
}

/** Counts and sums: the store adds them up. */
function add(
  group: Group,
  node: AggregateNode,
  placement: Placement,
  finish: Finish,
  { store }: Context,
  batch: Batch,
): Promise<Attributes> {
  const deltaOf = (part: Group): AddDelta => {
    const numbers = additions(node, part.cells, part.rows);
    const add: Record<string, string> = { [ROWS]: String(part.rows) };
    numbers.forEach((number, index) => {
      if (number !== null) add[placement.attribute[index]!] = number;
    });
    const set = { ...constants(part, node, placement, finish), ...expiry(part, placement) };
    if (placement.isResult) addToTwins(add, numbers, placement);
    return { first: part.first, last: part.last, add, set };
  };
  return addOnce(store, keyOf(group, placement), batch.lane, deltaOf(group), (from) => {
    const rest = sameGroup(batch.refold(from), node, group);
    return rest === null ? null : deltaOf(rest);
  });
}

/** An aggregate that the select list names twice stands in two columns. */
function addToTwins(
  add: Record<string, string>,
  numbers: readonly (string | null)[],
  { direct, columns }: Placement,
): void {
  direct.forEach((index, column) => {
    const number = index === null ? null : numbers[index];
    if (number !== null && number !== undefined) add[columns[column]!.name] = number;
  });
}

/** Columns that are the same in every delta: they depend on the group alone. */
function constants(
  group: Group,
  node: AggregateNode,
  placement: Placement,
  finish: Finish,
): Attributes {
  if (!placement.isResult) return {};
  const { row, error } = finish(groupRow(node, group, group.cells));
  if (row === null) throw error;
  const columns = placement.columns.filter((_, i) => placement.direct[i] === null);
  const values = row.filter((_, slot) => slot === 0 || placement.direct[slot - 1] === null);
  return rowAttributes(columns, values);
}

/** Everything else: read, merge here, write if no one was faster. */
async function fold(
  group: Group,
  node: AggregateNode,
  placement: Placement,
  finish: Finish,
  { store }: Context,
  batch: Batch,
): Promise<Attributes> {
  const step = (item: Attributes | null): Merge | null => {
    const part = remaining(item, batch.lane, group, (from) =>
      sameGroup(batch.refold(from), node, group),
    );
    if (part === null) return null;
    const { cells, rows: before } = readPartials(node, placement.attribute, item);
    for (const [i, { fn }] of node.aggregates.entries()) {
      addStored(fn, cells[i]!, storeCell(fn, part.cells[i]!));
    }
    const rows = before + part.rows;
    const finished = finish(groupRow(node, { ...group, rows }, cells));
    const columns =
      placement.isResult && finished.row !== null
        ? rowAttributes(placement.columns, finished.row)
        : {};
    const set: Record<string, AttributeValue> = {
      ...columns,
      ...writePartials(node, cells),
      ...expiry(group, placement),
      [ROWS]: { N: String(rows) },
      [batch.lane.attribute]: { B: batch.lane.at(part.last) },
    };
    if (finished.present && !placement.isResult) set[SHOWN] = { BOOL: true };
    return { set, remove: placement.isResult ? missing(placement, columns) : [] };
  };
  return (await merge(store, keyOf(group, placement), step))!;
}

/** Columns that are NULL now and may have had a value before. */
function missing({ columns }: Placement, set: Attributes): string[] {
  return columns.map(({ name }) => name).filter((name) => set[name] === undefined);
}

function changeOf(
  item: Attributes,
  group: Group,
  node: AggregateNode,
  placement: Placement,
  finish: Finish,
  batch: Batch,
): Change {
  const { cells, rows } = readPartials(node, placement.attribute, item);
  const { row, present, error } = finish(groupRow(node, { ...group, rows }, cells));
  if (error !== null) batch.outcome.rowErrors++;
  return {
    origin: node.id,
    window: { start: group.start, end: group.end },
    sortKey: group.key,
    rowtime: group.rowtime,
    revision: rows,
    rows: row === null ? [] : [row],
    present,
    shown: node.having === null || item[SHOWN] !== undefined,
    list: false,
    first: group.first,
  };
}

/** A sum that cannot be stored is told with the row that it is in. */
function named(error: unknown, key: ItemKey): unknown {
  const overflow = error instanceof RowError && error.code === 'OVERFLOW';
  return overflow ? new ResultTooLarge(key, error) : error;
}

function keyOf(group: Group, { address, sortKeyPrefix }: Placement) {
  return address.key(group.start, `${sortKeyPrefix}${group.key}`);
}

function expiry(group: Group, { address }: Placement): Attributes {
  const expires = address.expires(group.end);
  return expires === null ? {} : { expires: { N: String(expires) } };
}
