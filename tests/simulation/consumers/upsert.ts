import { createStreamUpsert } from '../../../functions/upsert/from-stream.ts';
import { createServices } from '../../../functions/upsert/services.ts';
import type { FaultStore } from '../../../shared/consume/faults.ts';
import type { Store } from '../../../shared/results/store.ts';
import { totals } from '../../upsert/rig.ts';
import type { Content } from '../producer.ts';
import { hashOf, isIn, type Shard } from '../producer.ts';
import { compareDumps, storeOf } from '../replay.ts';
import type { TableModel } from '../tables.ts';
import { Broken } from '../violation.ts';
import { deliver, walk } from '../walk.ts';
import type { Consumer, Surroundings } from './consumer.ts';
import { createFaultLedger } from './fault-ledger.ts';
import { createUpsertedItems, shownItems } from './upserted-items.ts';

/** Rows by what was sold, with every kind of merge. */
const UPSERT = totals(
  `
    stream: results
    table: totals
    keep: forever
    key: { partition: [item] }
    version: at
    columns:
      item: VARCHAR(16)
      at: BIGINT
      who: VARCHAR(16)
      n: INTEGER
      amount: { type: "DECIMAL(18,4)", merge: add }
      low: { type: "DECIMAL(18,4)", path: "$.amount", merge: min }
      most: { type: INTEGER, path: "$.n", merge: max }`,
  'format: json, producer: kpl',
);
const TABLE = 't-totals';

/** The function of an upsert: rows of the stream straight into items. */
export function upsert(surroundings: Surroundings): Consumer {
  const { random, stream, model, tables, network, ranges, emptyTables } = surroundings;
  const ledger = createFaultLedger();
  const items = createUpsertedItems(model);
  const functionOn = (store: Store, faults: FaultStore) =>
    createStreamUpsert(createServices({ upsert: UPSERT, store, faults, ranges }, TABLE));

  /** All records once more, in steps of this size, without a network. */
  const replay = async (into: TableModel, size: () => number) => {
    const consume = functionOn(storeOf(into), { put: async (record) => ledger.put(record) });
    await walk(stream, 0, size, (shardId, event) => deliver(consume, shardId, event));
    return mine(into);
  };
  return {
    name: UPSERT.name,
    table: TABLE,
    code: {
      note: ', for an upsert',
      before: null,
      start: (invocation) =>
        functionOn(network.store(invocation), network.faultStore(invocation)) as never,
    },
    // Windows are for what keeps a state: infra/ gives an upsert none.
    settings: { tumblingWindowMs: 0 },
    put: (shard, sequenceNumber, _, content) => {
      items.hear();
      ledger.expect(shard.shardId, sequenceNumber, faultsOf(shard, content));
    },
    setAside: ledger.put,
    judge: items.judge,
    check: async (oracle) => {
      ledger.check();
      const [expected, actual] = [oracle.upserted(model.rows), shownItems(mine(tables))];
      if (expected.join() !== actual.join()) {
        const message = 'the items differ from SQLite';
        const [should, is] = [expected, actual].map((all) => all.join('\n  '));
        throw new Broken({ invariant: 'final', message, expected: should!, actual: is! });
      }
      const before = mine(tables);
      compareDumps('replay', before, await replay(tables, () => 1_000));
      compareDumps('schedules', before, await replay(emptyTables(), () => random.pick([3, 1_000])));
    },
  };
}

function mine(tables: TableModel) {
  return new Map([...tables.dump()].filter(([id]) => id.startsWith(`${TABLE}/`)));
}

/** A row without its key or its version is none. */
function faultsOf({ range }: Shard, { users, aggregated, harm }: Content): string[] {
  if (harm !== null) return [`0 ${harm}`];
  return users.flatMap((user, sub) => {
    if (aggregated && !isIn(range, hashOf(user))) return [];
    const isRow = user.item !== null && user.at !== null;
    const reason = user.bad ?? (isRow ? null : 'BAD_TYPE');
    return reason === null ? [] : [`${sub} ${reason}`];
  });
}
