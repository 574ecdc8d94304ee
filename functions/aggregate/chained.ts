import { createHash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { eachLimit } from '../../shared/consume/each-limit.ts';
import { rowAttributes } from '../../shared/results/attributes.ts';
import { GONE } from '../../shared/results/publish.ts';
import type { Attributes } from '../../shared/results/store.ts';
import { type Merge, merge, ROWS } from '../../shared/results/upsert.ts';
import { compileKey } from '../../shared/sql/engine/assign.ts';
import { compileFinish, type Finished, groupRow } from '../../shared/sql/engine/finish.ts';
import { RowError } from '../../shared/sql/errors.ts';
import type { AggregateNode } from '../../shared/sql/plan.ts';
import { compile, compilePredicate } from '../../shared/sql/run/compile.ts';
import type { Row, Value } from '../../shared/sql/types.ts';
import { addValue, newCell } from '../../shared/windows/cells.ts';
import type { Change } from './change.ts';
import { type Batch, type Context, lackOf, settle, WRITES_IN_FLIGHT } from './context.ts';
import { placementOf } from './placement.ts';

const INPUT = '_in';

/** What one result brings to a group: its revision and its arguments, null where it is filtered out. */
type Contribution = readonly [revision: number, args: readonly Value[] | null];

interface Target {
  readonly start: number;
  readonly end: number;
  readonly rowtime: number;
  readonly key: string;
  readonly values: readonly Value[];
  readonly contributions: Map<string, Contribution>;
  first: number;
}

/**
 * GROUP BY over the results of another GROUP BY. Results change after they were told, so the item
 * keeps what each of them brings, by its key and revision, and the aggregate is made from that: a
 * repeat changes nothing, a newer revision takes the place of the older one.
 */
export function createChainedWriter(node: AggregateNode, context: Context) {
  const placement = placementOf(node, context);
  const { address, isResult, sortKeyPrefix, columns } = placement;
  const finish = compileFinish(node);
  const targetsOf = createRouter(node);

  const finished = (target: Target, input: Contributions): { rows: number } & Finished => {
    const cells = node.aggregates.map(({ fn }) => newCell(fn));
    let rows = 0;
    for (const [, args] of Object.values(input)) {
      if (args === null) continue;
      rows++;
      for (const [i, { fn }] of node.aggregates.entries()) addValue(fn, cells[i]!, args[i] ?? null);
    }
    const result = finish(groupRow(node, { ...target, rows }, cells));
    return { ...result, rows, present: result.present && rows > 0 };
  };

  const step =
    (target: Target) =>
    (item: Attributes | null): Merge | null => {
      const input = readInput(item);
      let changed = false;
      for (const [id, contribution] of target.contributions) {
        if ((input[id]?.[0] ?? 0) >= contribution[0]) continue;
        input[id] = contribution;
        changed = true;
      }
      if (!changed) return null;
      const { row, present } = finished(target, input);
      const visible = isResult && present ? rowAttributes(columns, row) : {};
      const set: Record<string, AttributeValue> = {
        ...visible,
        ...address.expiry(target.end),
        [INPUT]: { S: writeInput(input) },
        [ROWS]: { N: String(revisionOf(input)) },
      };
      if (isResult && !present) set[GONE] = { BOOL: true };
      const gone = isResult && present ? [GONE] : [];
      const missing = columns.map(({ name }) => name).filter((name) => visible[name] === undefined);
      return { set, remove: isResult ? [...gone, ...missing] : [] };
    };

  return async (changes: readonly Change[], batch: Batch): Promise<Change[]> => {
    const told: Change[] = [];
    await eachLimit(targetsOf(changes, batch), WRITES_IN_FLIGHT, async (target) => {
      try {
        const key = address.key(target.start, `${sortKeyPrefix}${target.key}`);
        const item = await merge(context.store, key, step(target));
        const { row, present, error } = finished(target, readInput(item));
        if (error !== null) batch.outcome.rowErrors++;
        told.push({
          origin: node.id,
          window: { start: target.start, end: target.end },
          sortKey: target.key,
          rowtime: target.rowtime,
          revision: Number(item?.[ROWS]?.N ?? 0),
          rows: [row],
          present,
          shown: true,
          list: false,
          first: target.first,
        });
      } catch (error) {
        await settle(batch, node, lackOf(target.start, target.key, target.first), error);
      }
    });
    return told;
  };
}

/** Sorts changes into the groups they belong to. */
function createRouter(node: AggregateNode) {
  const keys = compileKey(node, { latenessMs: null, skewMs: null });
  const passes = compilePredicate(node.where);
  const args = node.aggregates.map(({ arg }) => (arg === null ? (): Value => null : compile(arg)));
  /** A merged row that an expression cannot take has no part in the group; it is counted. */
  const attempt = <T>(batch: Batch, work: () => T): T | null => {
    try {
      return work();
    } catch (error) {
      if (!(error instanceof RowError)) throw error;
      batch.outcome.rowErrors++;
      return null;
    }
  };
  const placeOf = (row: Row, batch: Batch) =>
    attempt(batch, () => {
      const time = keys.window(row);
      const { start, end, rowtime } = time;
      const values = keys.values(row, time);
      return { start, end, rowtime, values, key: keys.key(values) };
    });
  const argsOf = (row: Row, change: Change, batch: Batch): Value[] | null =>
    attempt(batch, () => (change.present && passes(row) ? args.map((arg) => arg(row)) : null));
  return (changes: readonly Change[], batch: Batch): Target[] => {
    const targets = new Map<string, Target>();
    for (const change of changes) {
      for (const row of change.rows) {
        const place = placeOf(row, batch);
        if (place === null) continue;
        const id = `${place.start}|${place.key}`;
        const target: Target = targets.get(id) ?? {
          ...place,
          contributions: new Map(),
          first: change.first,
        };
        target.first = Math.min(target.first, change.first);
        target.contributions.set(identityOf(change), [change.revision, argsOf(row, change, batch)]);
        targets.set(id, target);
      }
    }
    return [...targets.values()];
  };
}

/** 96 bits of a hash: short, and two results of one group will not meet in it. */
function identityOf({ origin, window, sortKey }: Change): string {
  return createHash('sha256')
    .update(`${origin}|${window.start}|${sortKey}`)
    .digest('base64url')
    .slice(0, 16);
}

type Contributions = Record<string, Contribution>;

function readInput(item: Attributes | null): Contributions {
  const text = item?.[INPUT]?.S;
  if (text === undefined) return {};
  return JSON.parse(text, (_, value) =>
    typeof value === 'object' && value !== null && 'big' in value ? BigInt(value.big) : value,
  ) as Contributions;
}

/** In the order of identities, so that equal content is equal text. */
function writeInput(input: Contributions): string {
  const sorted = Object.fromEntries(Object.entries(input).sort(([a], [b]) => (a < b ? -1 : 1)));
  return JSON.stringify(sorted, (_, value) =>
    typeof value === 'bigint' ? { big: String(value) } : value,
  );
}

/** Rises with every newer revision of any input, whatever the order in which they come. */
function revisionOf(input: Contributions): number {
  return Object.values(input).reduce((sum, [revision]) => sum + revision, 0);
}
