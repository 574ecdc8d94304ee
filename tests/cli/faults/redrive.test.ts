import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { RedriveAnswer } from '../../../functions/redrive/redriver.ts';
import { run } from '../run.ts';
import { type FakeLambda, SHARD, startLambda, startRig } from './rig.ts';

let rig: Awaited<ReturnType<typeof startRig>>;
beforeEach(async () => {
  rig = await startRig();
});
afterEach(() => rig.stop());

const sluice = (...args: string[]) =>
  run(['faults', ...args, '--stage', 'test', '--config', rig.config]);

/** Where the program looks for `ms`; both records after the first fail there in one way or another. */
function mend(from: string, to: string): void {
  const text = readFileSync(rig.config, 'utf8');
  expect(text).toContain(from);
  writeFileSync(rig.config, text.replace(from, to));
}

const RECORDS = [
  '{"page":"/","took":{"ms":5},"time":7}',
  '{"page":"/","took":{"ms":"seven"},"time":7}',
  '{"page":"/about","took":{"ms":"eight"},"time":8}',
  '{"page":"/","took":',
];

describe('faults redrive', () => {
  it('brings back what a mended schema takes, once, and leaves the rest open', async () => {
    await rig.consume(RECORDS);
    expect(await rig.rows()).toEqual([{ page: '/', hits: 1, slowest: 5 }]);

    const before = await sluice('redrive', 'web');
    expect({ ...before, err: '' }).toMatchObject({ code: 1, err: '' });
    expect(before.out).toContain('dry run of web: 0 faults would be redriven, 3 would stay open');

    mend('$.took.ms', '$.time');
    const dry = await sluice('redrive', 'web');
    expect(dry.code).toBe(1);
    expect(dry.out).toContain('dry run of web: 2 faults would be redriven, 1 would stay open');
    expect(dry.out).toMatch(/PAGES_PUMP +2\n/);
    expect(dry.out).toMatch(/BAD_JSON +1 +not valid JSON/);
    expect(dry.err).toContain('--apply');
    expect(await rig.rows()).toHaveLength(1);

    const some = await sluice('redrive', 'web', '--reason', 'bad_type', '--apply');
    expect(some.out).toContain('web: 2 faults redriven, 0 stay open');
    expect({ code: some.code, err: some.err }).toEqual({ code: 0, err: '' });
    const rows = [
      { page: '/', hits: 2, slowest: 7 },
      { page: '/about', hits: 1, slowest: 8 },
    ];
    expect(sorted(await rig.rows())).toEqual(rows);

    const left = await sluice('redrive', 'web', '--apply', '--json');
    expect(left.code).toBe(1);
    expect(JSON.parse(left.out)).toMatchObject({ meant: 1, redriven: 0, dryRun: false });
    expect(sorted(await rig.rows())).toEqual(rows);
    const list = await sluice('list', 'web', '--json');
    expect(list.out.split('\n')).toHaveLength(3);
    expect(list.out).toContain('"tried"');
    expect(readdirSync(join(rig.root, 'redriven', 'web', SHARD))).toHaveLength(2);
  });

  it('leaves an empty list when all are back, and a second run changes nothing', async () => {
    await rig.consume(RECORDS.slice(0, 3));
    mend('$.took.ms', '$.time');
    expect((await sluice('redrive', 'web', '--apply')).code).toBe(0);
    const rows = await rig.rows();
    const again = await sluice('redrive', 'web', '--apply');
    expect(again).toEqual({
      ...{ code: 0, out: '' },
      err: 'no faults of web are meant: there is nothing to redrive\n',
    });
    expect(await rig.rows()).toEqual(rows);
    expect(await sluice('list', 'web')).toEqual({
      ...{ code: 0, out: '' },
      err: `no faults of web at ${rig.faults}\n`,
    });
  });

  it('shows the errors of a streams.yml that was not mended well', async () => {
    await rig.consume(RECORDS);
    mend('BIGINT, path', 'BIGINTEGER, path');
    const { code, out, err } = await sluice('redrive', 'web', '--apply');
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain('BIGINTEGER');
  });
});

describe('faults redrive of a stage on AWS', () => {
  const answer = (fields: Partial<RedriveAnswer>): RedriveAnswer => ({
    ...{ application: 'web', dryRun: false, seen: 200, meant: 200, redriven: 200 },
    ...{ rows: { PAGES_PUMP: 200 }, open: {}, next: null, ...fields },
  });
  let lambda: FakeLambda;
  beforeEach(async () => {
    lambda = await startLambda();
    await rig.consume(RECORDS.slice(0, 1), 's3://bucket');
  });
  afterEach(() => lambda.stop());

  it('asks the function until it has looked at all', async () => {
    lambda.answers.push(
      { body: answer({ next: 'faults/web/x' }) },
      {
        body: answer({
          ...{ meant: 7, redriven: 5, seen: 9, rows: { PAGES_PUMP: 1, OTHER_PUMP: 4 } },
          open: { EXPIRED: { faults: 2, why: 'its time is over' } },
        }),
      },
    );
    const words = ['--reason', 'LATE', '--reason', 'BAD_TYPE', '--from', '2026-05-02', '--apply'];
    const { code, out } = await sluice('redrive', 'web', ...words, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toEqual({
      ...{ application: 'web', dryRun: false, seen: 209, meant: 207, redriven: 205 },
      ...{ rows: { PAGES_PUMP: 201, OTHER_PUMP: 4 } },
      open: { EXPIRED: { faults: 2, why: 'its time is over' } },
    });
    const event = {
      ...{ application: 'web', reasons: ['LATE', 'BAD_TYPE'], from: '2026-05-02T00:00:00.000Z' },
      ...{ to: null, shardId: null, dryRun: false },
    };
    expect(lambda.asked).toEqual([
      { path: INVOKED, event: { ...event, next: null } },
      { path: INVOKED, event: { ...event, next: 'faults/web/x' } },
    ]);
  });

  it('says why the function failed', async () => {
    lambda.answers.push({ error: 'Unhandled', body: { errorMessage: 'out of memory' } });
    const { code, err } = await sluice('redrive', 'web');
    expect(code).toBe(2);
    expect(err).toContain('error: sluice-test-redrive-web failed: out of memory\n');
  });

  it('takes no bucket: the function has its own', async () => {
    const { code, err } = await sluice('redrive', 'web', '--faults', 's3://other');
    expect(code).toBe(2);
    expect(err).toContain('--stage');
    expect(lambda.asked).toEqual([]);
  });
});

const INVOKED = '/2015-03-31/functions/sluice-test-redrive-web/invocations';

function sorted<T>(rows: readonly T[]): T[] {
  return [...rows].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}
