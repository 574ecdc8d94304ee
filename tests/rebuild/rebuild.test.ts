import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { generateCloudTrail } from '../../local/generate/cloudtrail.ts';
import { realClock } from '../../local/real-clock.ts';
import { accountActivity } from '../integration/oracle.ts';
import { type Rig, startRig, until } from './rig.ts';

function events(seed: number, count: number) {
  const start = Date.UTC(2026, 4, 2, 12, seed);
  return [...generateCloudTrail({ seed, start, interval: 300, count })].filter(
    ({ fault }) => fault === null,
  );
}

let rig: Rig;
beforeAll(async () => {
  rig = await startRig();
}, 60_000);
afterAll(() => rig?.stop());

/** The live rows are what SQLite makes of all records. */
async function expectExact(): Promise<void> {
  await rig.drained();
  const [live, records] = [await rig.live(), await rig.userRecords()];
  expect(live).toEqual(accountActivity(records, rig.application).outputs);
}

describe('sluice rebuild, beside a function at work', { timeout: 240_000 }, () => {
  it('fills, compares, and leaves the live rows alone', async () => {
    await rig.put(events(1, 600), null);
    await rig.drained();
    const before = await rig.live();
    const run = rig.rebuild();
    expect(await run.ended, run.said()).toBe(0);
    const [, filled, compared] = run.events();
    expect(filled).toMatchObject({ phase: 'filled', faults: 0 });
    expect(compared).toMatchObject({ phase: 'compared', equal: true });
    expect(await rig.live()).toEqual(before);
    await expectExact();
  });

  it('killed at every stage and run again, it leaves exact rows, while events come in', async () => {
    const producing = rig.put(events(2, 1_500), 60);
    // What the last test has filled is given up: this one begins from the stream's start.
    expect(await rig.rebuild('--abort').ended).toBe(0);
    for (const stage of [
      '"phase":"filling"',
      '"phase":"filled"',
      'switching:',
      '"phase":"switched"',
    ]) {
      const run = rig.rebuild('--switch');
      await until(run, stage);
      if (stage.includes('filling')) await realClock.sleep(300);
      run.kill();
      await run.ended;
    }
    const last = rig.rebuild('--switch');
    expect(await last.ended, last.said()).toBe(0);
    expect(last.said()).toContain('"phase":"done"');
    await producing;
    await expectExact();
  });
});
