import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DeleteTableCommand } from '@aws-sdk/client-dynamodb';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createTable } from '../../local/dynamodb.ts';
import type { KinesisBatch } from '../../shared/records/event.ts';
import { type Link, startLink } from './link.ts';
import { batchOf, expectOutcome, expectState, NOON, type Outcome, setAside } from './outcome.ts';
import { COUNTS, counted, event } from './programs.ts';
import { type Job, useRig } from './rig.ts';

const rig = useRig();
let link: Link;
beforeAll(async () => {
  link = await startLink(rig.dynamodb().port);
});
afterAll(() => link.stop());

const BAD = { data: '{"who":' };
/** 12 rows, each of two records, and bad records in between. */
const people = Array.from({ length: 12 }, (_, i) => `p${i}`);
const batch = batchOf([
  ...people.slice(0, 3).map((who) => event(who)),
  BAD,
  ...people.map((who) => event(who)),
  BAD,
  ...people.slice(3).map((who) => event(who)),
]);
const outcome: Outcome = {
  rows: { COUNTS: people.map((who) => counted(who, 2)) },
  faults: [setAside(3, 'BAD_JSON'), setAside(16, 'BAD_JSON')],
};

/** The rest of the batch, from the record that the answer names, as Lambda delivers it again. */
function restOf(batchItemFailures: readonly { itemIdentifier: string }[]): KinesisBatch {
  const records = batch.Records!;
  expect(batchItemFailures).toHaveLength(1);
  const named = batchItemFailures[0]!.itemIdentifier;
  const from = records.findIndex(({ kinesis }) => kinesis.sequenceNumber === named);
  expect(from).toBeGreaterThanOrEqual(0);
  return { Records: records.slice(from) };
}

async function deliverUntilDone(job: Job, first: KinesisBatch): Promise<void> {
  let rest = first;
  for (let tries = 0; tries < 20; tries++) {
    const { batchItemFailures } = await job.send(rest);
    if (batchItemFailures.length === 0) return;
    rest = restOf(batchItemFailures);
  }
  throw new Error('the batch was never done');
}

describe('DynamoDB', () => {
  it('out of reach: the first record is reported, nothing is in; the retry brings all once', async () => {
    const job = await rig.open({ ...COUNTS, client: link.client });
    link.cut();
    const { batchItemFailures } = await job.send(batch);
    const [first] = batch.Records!;
    expect(batchItemFailures).toEqual([{ itemIdentifier: first!.kinesis.sequenceNumber }]);
    expect(await job.rows('COUNTS')).toEqual([]);
    link.mend();
    await expectOutcome(job, batch, outcome);
  });

  it.each([1, 3, 7, 11])('lost after %i answers: all comes in exactly once', async (after) => {
    const job = await rig.open({ ...COUNTS, client: link.client });
    link.cut(after);
    const { batchItemFailures } = await job.send(batch);
    const rest = restOf(batchItemFailures);
    link.mend();
    await deliverUntilDone(job, rest);
    await expectState(job, batch, outcome);
    await expectOutcome(job, batch, outcome);
  });

  it('going away again and again: all comes in exactly once', async () => {
    const job = await rig.open({ ...COUNTS, client: link.client });
    let rest = batch;
    for (let after = 1; ; after++) {
      link.cut(after);
      // Before the first write the invocation fails as a whole: Lambda delivers the same again.
      const answer = await job.send(rest).catch(() => null);
      if (answer?.batchItemFailures.length === 0) break;
      if (answer !== null) rest = restOf(answer.batchItemFailures);
      link.mend();
    }
    link.mend();
    // Connections that were cut fail once more, at their next use.
    await deliverUntilDone(job, batch);
    await expectOutcome(job, batch, outcome);
  });

  it('without the table: reported like any other failure, and mended by making it', async () => {
    const job = await rig.open(COUNTS);
    const { client } = rig.dynamodb();
    const table = job.tables.find((name) => name.endsWith('-results'))!;
    await client.send(new DeleteTableCommand({ TableName: table }));
    const { batchItemFailures } = await job.send(batch);
    expect(restOf(batchItemFailures).Records).toHaveLength(batch.Records!.length);
    await createTable(client, table);
    await expectOutcome(job, batch, outcome);
  });
});

describe('the fault store', () => {
  /** A file stands where its folder should be. */
  const block = (job: Job): string => {
    const path = join(job.faultFolder, 'faults');
    writeFileSync(path, '{}');
    return path;
  };

  it('out of order: the bad record is reported, not lost; the retry mends it', async () => {
    const job = await rig.open(COUNTS);
    const path = block(job);
    const { batchItemFailures } = await job.send(batch);
    const rest = restOf(batchItemFailures);
    expect(rest.Records).toEqual(batch.Records!.slice(3));
    rmSync(path);
    await deliverUntilDone(job, rest);
    await expectState(job, batch, outcome);
    await expectOutcome(job, batch, outcome);
  });

  it('out of order with no bad record: nobody needs it', async () => {
    const job = await rig.open(COUNTS);
    block(job);
    const good = batchOf([event('a'), event('b')]);
    expect(await job.send(good)).toEqual({ batchItemFailures: [] });
  });

  it('out of order for late records too', async () => {
    const job = await rig.open({ ...COUNTS, latenessMs: 0 });
    const path = block(job);
    const late = { ...event('x'), arrival: NOON + 3_600_000 };
    const some = batchOf([event('a'), event('b'), late]);
    const { batchItemFailures } = await job.send(some);
    const { sequenceNumber } = some.Records![2]!.kinesis;
    expect(batchItemFailures).toEqual([{ itemIdentifier: sequenceNumber }]);
    rmSync(path);
    await expectOutcome(job, some, {
      rows: { COUNTS: [counted('a', 1), counted('b', 1)] },
      faults: [setAside(2, 'LATE', { pump: 'COUNTS_PUMP' })],
    });
  });
});

describe('both at once', () => {
  it('the lowest record that lacks anything is reported, and nothing is lost', async () => {
    const job = await rig.open({ ...COUNTS, client: link.client });
    const path = join(job.faultFolder, 'faults');
    writeFileSync(path, '{}');
    link.cut();
    const rest = restOf((await job.send(batch)).batchItemFailures);
    expect(rest.Records).toHaveLength(batch.Records!.length);
    link.mend();
    let later = rest;
    // Connections that were cut fail once more, at their next use.
    for (let tries = 0; tries < 20 && later.Records!.length === rest.Records!.length; tries++) {
      later = restOf((await job.send(later)).batchItemFailures);
    }
    expect(later.Records).toEqual(batch.Records!.slice(3));
    rmSync(path);
    await deliverUntilDone(job, later);
    await expectOutcome(job, batch, outcome);
  });
});

describe('the shard ranges', () => {
  it('that cannot be looked up: the batch fails as a whole, and is done on the retry', async () => {
    let fails = 1;
    const ranges = async () => {
      if (fails-- > 0) throw new Error('Kinesis is out of reach');
      return { start: 0n, end: 2n ** 128n - 1n };
    };
    const job = await rig.open({ ...COUNTS, ranges });
    const before = await job.everything();
    const damaged = batchOf([event('a'), { data: Buffer.from('f3899ac2'.repeat(9), 'hex') }]);
    await expect(job.send(damaged)).rejects.toThrow('Kinesis is out of reach');
    expect(await job.everything()).toBe(before);
    await expectOutcome(job, damaged, {
      rows: { COUNTS: [counted('a', 1)] },
      faults: [setAside(1, 'DAMAGED_AGGREGATE')],
    });
  });
});
