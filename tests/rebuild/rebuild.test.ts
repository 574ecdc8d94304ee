import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readPointer } from '../../functions/aggregate/pointer.ts';
import { generateCloudTrail } from '../../local/generate/cloudtrail.ts';
import { toEvent } from '../../local/mapping/event.ts';
import type { StreamRecord } from '../../local/mapping/types.ts';
import { realClock } from '../../local/real-clock.ts';
import { userRecords } from '../../shared/records/event.ts';
import { accountActivity } from '../integration/oracle.ts';
import { SETTINGS } from '../simulation/settings.ts';
import { APPLICATION, type Rig, startRig, until } from './rig.ts';

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

  it('an archive comes before the stream; what both hold counts once', async () => {
    const all = await rig.readAll();
    // A record of a shard that the stream does not have any more.
    const gone = { ...all.find(({ record }) => !looksAggregated(record))!.record };
    const lines = [...all, { shardId: 'shardId-000000000077', record: gone }].map(asLine);
    const archive = join(rig.folder, 'archive.ndjson.gz');
    writeFileSync(archive, gzipSync(lines.join('\n')));
    await rig.put(events(3, 200), null);
    const killed = rig.rebuild('--switch', '--archive', archive);
    await until(killed, '"phase":"filling"');
    await realClock.sleep(400);
    killed.kill();
    await killed.ended;
    const run = rig.rebuild('--switch', '--archive', archive);
    expect(await run.ended, run.said()).toBe(0);
    await rig.drained();
    const [live, records] = [await rig.live(), await rig.userRecords()];
    const [again] = userRecords(toEvent('shardId-000000000077', [gone], SETTINGS, null));
    const { outputs } = accountActivity([...records, again!], rig.application);
    expect(live).toEqual(outputs);
  });

  it('only the live generation is kept for good', async () => {
    const { outputs } = readPointer((await rig.items()).get(`state ${APPLICATION} live`)!);
    const live = new Set(Object.values(outputs!));
    const tomorrow = Date.now() / 1_000 + 25 * 3_600;
    for (const [id, { pk, expires }] of await rig.items()) {
      if (!id.startsWith('results ') || live.has(pk!.S!.split('#')[0]!)) continue;
      expect(Number(expires?.N ?? Infinity), id).toBeLessThan(tomorrow);
    }
  });

  it('is refused where the function runs another program, and where there is nothing to give up', async () => {
    const key = { pk: { S: APPLICATION }, sk: { S: 'live' } };
    await rig.dynamodb.client.send(
      new UpdateItemCommand({
        ...{ TableName: 'sluice-test-state', Key: key },
        UpdateExpression: 'SET program = :other',
        ExpressionAttributeValues: { ':other': { S: 'another' } },
      }),
    );
    const run = rig.rebuild();
    expect(await run.ended).toBe(2);
    expect(run.said()).toContain('runs another program, schema or settings');
    const abort = rig.rebuild('--abort');
    expect(await abort.ended).toBe(2);
  });
});

function asLine({ shardId, record }: { shardId: string; record: StreamRecord }): string {
  const { sequenceNumber, partitionKey, arrival, data } = record;
  return JSON.stringify({
    ...{ ShardId: shardId, SequenceNumber: sequenceNumber, PartitionKey: partitionKey },
    ...{ ApproximateArrivalTimestamp: arrival / 1_000, Data: Buffer.from(data).toString('base64') },
  });
}

function looksAggregated({ data }: StreamRecord): boolean {
  return userRecords(toEvent('shardId-000000000000', [{ ...RECORD, data }], SETTINGS, null))[0]!
    .aggregated;
}

const RECORD = { sequenceNumber: '1', partitionKey: 'k', arrival: 0 };
