import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createRedriver } from '../../functions/redrive/redriver.ts';
import type { Application } from '../../shared/config/application.ts';
import type { Attributes, Store } from '../../shared/results/store.ts';
import { checkProgram } from '../../shared/sql/check/check.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import type { SqlType } from '../../shared/sql/types.ts';
import { consumerOf } from '../aggregate/harness.ts';
import { type MemoryStore, memoryStore } from '../helpers/memory-store.ts';
import { FIRST_SEQUENCE, kinesisEvent } from '../helpers/wire.ts';
import { applicationOf } from '../simulation/program.ts';
import { type MemoryArchive, memoryArchive } from './archive.ts';

/** One schema refuses amounts over 9,999.9999 and takes what is a minute late; the other one all. */
const STRICT: Application = applicationOf(1, true);
const MENDED: Application = applicationOf(1);

const NOON = Date.UTC(2026, 4, 2, 12);
const HOUR = 3_600_000;
const event = (more: object = {}) => ({
  data: { at: NOON, who: 'ann', item: 'apple', amount: 1, n: 1, ...more },
  arrival: NOON + 1_000,
});
const large = (more: object = {}) => event({ amount: 50_000, ...more });

const REQUEST = {
  ...{ reasons: [], from: null, to: null, shardId: null },
  ...{ dryRun: false, next: null },
};

interface Rig {
  readonly store: MemoryStore;
  readonly faults: MemoryArchive;
  readonly deliver: (application: Application, from: number, to: number) => Promise<unknown>;
  readonly redrive: (
    application?: Application,
    changes?: object,
    now?: number,
  ) => ReturnType<ReturnType<typeof createRedriver>>;
}

/** Records of one shard, and what becomes of them. */
function rigOf(records: Parameters<typeof kinesisEvent>[0], wrap = (store: Store) => store): Rig {
  const store = memoryStore();
  const faults = memoryArchive();
  return {
    store,
    faults,
    deliver: (application, from, to) => {
      const firstSequence = FIRST_SEQUENCE + BigInt(from);
      const batch = kinesisEvent(records.slice(from, to), { firstSequence });
      return consumerOf(application, wrap(store), faults, () => NOON + HOUR)(batch);
    },
    redrive: (application = MENDED, changes = {}, now = NOON + HOUR) =>
      createRedriver(
        {
          ...{ application, graph: arrange(application.plan) },
          ...{ tables: { prefix: 't-', state: 't-state' }, store: wrap(store) },
        },
        { archive: faults.archive, ranges: null, now: () => now },
      )({ ...REQUEST, ...changes }),
  };
}

/** What a reader sees. */
function visible(store: MemoryStore): Record<string, Attributes> {
  const rows = Object.entries(store.dump()).filter(
    ([id, item]) => id.startsWith('t-results/') && item._gone === undefined,
  );
  return Object.fromEntries(
    rows.map(([id, item]) => {
      const own = ([name]: [string, unknown]) => name !== 'expires' && !/^_/.test(name);
      return [id, Object.fromEntries(Object.entries(item).filter(own))];
    }),
  );
}

/** The tables if the mended schema had been there from the beginning. */
async function wished(records: Parameters<typeof kinesisEvent>[0], application = MENDED) {
  const rig = rigOf(records);
  await rig.deliver(application, 0, records.length);
  return visible(rig.store);
}

beforeAll(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
});
afterAll(() => {
  vi.restoreAllMocks();
});

describe('what a schema refused', () => {
  const records = [event(), large(), event({ who: 'bob' }), large({ n: -3 }), event()];

  it('comes back into the results that lack it, once, however often', async () => {
    const rig = rigOf(records);
    await rig.deliver(STRICT, 0, 5);
    expect(visible(rig.store)).not.toEqual(await wished(records));
    const first = await rig.redrive();
    expect(first).toMatchObject({ seen: 2, meant: 2, redriven: 2, open: {}, next: null });
    expect(visible(rig.store)).toEqual(await wished(records));
    expect(rig.faults.open()).toEqual([]);
    for (const record of rig.faults.objects.values()) await rig.faults.put(record);
    const again = rig.store.dump();
    await Promise.all([rig.redrive(), rig.redrive()]);
    expect(rig.store.dump()).toEqual(again);
  });

  it('changes nothing in a dry run, which says what would happen', async () => {
    const rig = rigOf(records);
    await rig.deliver(STRICT, 0, 5);
    const before = rig.store.dump();
    const answer = await rig.redrive(MENDED, { dryRun: true });
    expect(answer).toMatchObject({ dryRun: true, meant: 2, redriven: 2 });
    expect(answer.rows).toMatchObject({ TOTALS_PUMP: 2, ROWS_PUMP: 2 });
    expect(rig.store.dump()).toEqual(before);
    expect(rig.faults.open()).toHaveLength(2);
  });

  it('is left out when the stream is read again, before and behind the redrive', async () => {
    for (const isBefore of [true, false]) {
      const rig = rigOf(records);
      await rig.deliver(STRICT, 0, 5);
      if (isBefore) await rig.deliver(MENDED, 0, 5);
      await rig.redrive();
      expect(visible(rig.store)).toEqual(await wished(records));
      const before = visible(rig.store);
      await rig.deliver(MENDED, 0, 5);
      expect(visible(rig.store)).toEqual(before);
      expect(rig.faults.open()).toEqual([]);
    }
  });

  it('is not counted again where the next try took it, between whose tries the mend came', async () => {
    let writes = 0;
    const rig = rigOf(records, (store) => ({
      ...store,
      update: async (update) => {
        if (++writes % 3 === 0) throw new Error('InternalServerError');
        return store.update(update);
      },
    }));
    await rig.deliver(STRICT, 0, 5);
    for (let tries = 0; tries < 12; tries++) await rig.deliver(MENDED, 0, 5);
    for (let tries = 0; tries < 12; tries++) await rig.redrive().catch(() => {});
    expect(visible(rig.store)).toEqual(await wished(records));
    expect(rig.faults.open()).toEqual([]);
  });

  it('goes on where a run that died has stopped', async () => {
    const rig = rigOf(records);
    await rig.deliver(STRICT, 0, 5);
    const { close } = rig.faults.archive;
    let closes = 0;
    Object.assign(rig.faults.archive, {
      close: async (key: string) => {
        if (++closes === 2) throw new Error('killed');
        await close(key);
      },
    });
    await expect(rig.redrive()).rejects.toThrow('killed');
    expect(rig.faults.open()).toHaveLength(1);
    await rig.redrive();
    expect(visible(rig.store)).toEqual(await wished(records));
  });

  it('stays set aside, with what was tried, where the mended schema refuses it too', async () => {
    const rig = rigOf([event(), large({ n: 0 }), large({ n: 'many' })]);
    await rig.deliver(STRICT, 0, 3);
    const { open, redriven } = await rig.redrive();
    expect(redriven).toBe(0);
    expect(Object.keys(open).sort()).toEqual(['BAD_TYPE', 'ROW_ERROR']);
    const [share, type] = rig.faults.open().map((key) => rig.faults.objects.get(key)!.tried!.why);
    expect(share).toEqual({ ROW_ERROR: 'division by zero' });
    expect(Object.keys(type!)).toEqual(['BAD_TYPE']);
    // All but the row that divides is in.
    const totals = Object.values(visible(rig.store)).find(({ priced }) => priced !== undefined);
    expect(totals).toMatchObject({ calls: { N: '2' }, amount: { N: '50001' } });
  });

  it('is chosen by reason, time and shard', async () => {
    const late = { ...event({ at: NOON - 3 * 60_000 }), arrival: NOON + 1_000 };
    const rig = rigOf([large(), { ...large(), arrival: NOON + 60_000 }, late]);
    await rig.deliver(STRICT, 0, 3);
    const meant = async (changes: object) =>
      (await rig.redrive(MENDED, { ...changes, dryRun: true })).meant;
    expect(await meant({})).toBe(3);
    expect(await meant({ reasons: ['BAD_TYPE'] })).toBe(2);
    expect(await meant({ reasons: ['BAD_TYPE'], to: NOON + 60_000 })).toBe(1);
    expect(await meant({ from: NOON + 60_000 })).toBe(1);
    expect(await meant({ shardId: 'shardId-000000000009' })).toBe(0);
  });
});

describe('a row that was late', () => {
  const late = [event(), event({ at: NOON - 90_000 }), event({ at: NOON - 90_000, who: 'bob' })];

  it('comes back into the pump that refused it alone', async () => {
    const rig = rigOf(late);
    await rig.deliver(STRICT, 0, 3);
    expect(rig.faults.open()).toHaveLength(2);
    const { rows, redriven } = await rig.redrive();
    expect(redriven).toBe(2);
    expect(rows).toEqual({ TOTALS_PUMP: 2, BY_ITEM: 2, BY_PERSON: 2 });
    expect(visible(rig.store)).toEqual(await wished(late));
  });

  it('makes no row of a window anew that may have been removed', async () => {
    const rig = rigOf(late);
    await rig.deliver(STRICT, 0, 3);
    const before = visible(rig.store);
    // Under the strict schema its items could go a minute before those of the mended one.
    const gone = NOON - 90_000 + 60_000 + 4 * 24 * HOUR;
    const { open, redriven } = await rig.redrive(MENDED, {}, gone);
    expect(redriven).toBe(0);
    expect(Object.keys(open)).toEqual(['EXPIRED']);
    expect(visible(rig.store)).toEqual(before);
  });
});

describe('a record with many rows', () => {
  const stream = { ...MENDED.stream, format: 'json-array' } as const;
  const strict: Application = { ...STRICT, stream };
  const mended: Application = { ...MENDED, stream };

  it('brings just the rows that a pump refused; rows of it keep their keys', async () => {
    const old = NOON - 90_000;
    const rows = [{ at: old }, {}, { at: old, n: 0 }, { who: 'bob' }, { at: old, who: 'bob' }];
    const record = { data: rows.map((row) => event(row).data), arrival: NOON + 45_000 };
    const rig = rigOf([record]);
    await rig.deliver(strict, 0, 1);
    const [fault] = [...rig.faults.objects.values()];
    const refused = fault!.faults.filter(({ pump }) => pump === 'TOTALS_PUMP');
    expect(refused.map(({ row = 0 }) => row)).toEqual([0, 2, 4]);
    await rig.redrive(mended);
    expect(visible(rig.store)).toEqual(await wished([record], mended));
  });
});

describe('a result that could not be made', () => {
  const COLUMNS = [{ name: 'n', type: { name: 'INTEGER' } as SqlType, path: '$.n' }];
  const application = (type: string): Application => {
    const { plan } = checkProgram(
      `CREATE OR REPLACE STREAM "OUT" ("n" ${type}, "calls" BIGINT);
       CREATE OR REPLACE PUMP "P" AS INSERT INTO "OUT"
       SELECT STREAM e."n", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS e
       GROUP BY e."n", STEP(e.ROWTIME BY INTERVAL '1' MINUTE);`,
      { sources: [{ name: 'SOURCE_SQL_STREAM_001', columns: COLUMNS }] },
    );
    const outputs = { OUT: { table: 'results', keepMs: null, spread: 1 } };
    return { ...MENDED, plan: plan!, columns: COLUMNS, outputs };
  };

  it('is made when its column takes it', async () => {
    const rig = rigOf([event({ n: 70_000 }), event({ n: 7 }), event({ n: 70_000 })]);
    await rig.deliver(application('SMALLINT'), 0, 3);
    const refused = [...rig.faults.objects.values()].map(({ result }) => result?.key);
    expect(refused).toEqual(['70000', '70000']);
    await rig.redrive(application('INTEGER'));
    expect(rig.faults.open()).toEqual([]);
    const rows = Object.values(visible(rig.store)).map(({ n, calls }) => [n?.N, calls?.N]);
    expect(rows.sort()).toEqual([
      ['7', '1'],
      ['70000', '2'],
    ]);
  });
});

describe('what another program writes', () => {
  it('is left to a rebuild, and said so', async () => {
    const rig = rigOf([event(), large()]);
    await rig.deliver(STRICT, 0, 2);
    const { open, redriven } = await rig.redrive(applicationOf(2));
    expect(redriven).toBe(0);
    expect(open.OTHER_PROGRAM).toMatchObject({ faults: 1, why: /rebuild/ });
    const ahead = Object.keys(visible(rig.store)).filter((id) => id.includes('app.AHEAD@'));
    expect(ahead).toHaveLength(1);
    // The pumps that are still the same have it.
    const totals = Object.values(visible(rig.store)).find(({ priced }) => priced !== undefined);
    expect(totals).toMatchObject({ calls: { N: '2' } });
  });

  it('of a consumer of its own is not touched', async () => {
    const rig = rigOf([event(), large()]);
    await rig.deliver(STRICT, 0, 2);
    for (const [key, { refuser: _, ...record }] of rig.faults.objects) {
      rig.faults.objects.set(key, record);
    }
    expect(Object.keys((await rig.redrive()).open)).toEqual(['NOT_OURS']);
  });
});
