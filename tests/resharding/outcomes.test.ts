import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import { leaseKey, takeLease } from '../../shared/resharding/lease.ts';
import { reshardOnce } from '../../shared/resharding/reshard.ts';
import { openShards } from '../../shared/resharding/stream.ts';
import { MINUTE } from '../scaling/arbitrary.ts';
import { createRig, HOLD_MS, memoryOf, type Rig } from './rig.ts';

const HOUR = 60 * MINUTE;
const CHANGES = ['UpdateShardCount', 'SplitShard', 'MergeShards'];

let kinesis: LocalKinesis;
let made = 0;
beforeAll(async () => {
  kinesis = await startKinesis({ streams: [] });
});
afterAll(() => kinesis.stop());

function rigOf(...[shards, settings]: [shards: number | 'on-demand', settings?: object]) {
  return createRig(kinesis.endpoint, `stream-${made++}`, shards, settings);
}

const look = (rig: Rig) => reshardOnce(rig.task, rig, HOLD_MS);
const changes = ({ calls }: Rig) => calls.filter((call) => CHANGES.includes(call));
const shardsOf = (rig: Rig) => openShards(rig.kinesis, rig.task.stream);

describe('a stream that is well', () => {
  it('is resharded by one operation at a time, and what was done is remembered', async () => {
    const rig = await rigOf(1);
    rig.load = 3;
    const begun = rig.now();
    expect(await look(rig)).toMatchObject({ outcome: 'begun', plan: { kind: 'uniform' } });
    expect(await look(rig)).toMatchObject({ outcome: 'updating', plan: null });
    expect(changes(rig)).toEqual(['UpdateShardCount']);
    await rig.active();
    rig.load = 1.4;
    expect(await look(rig)).toMatchObject({ outcome: 'held', openShards: 2 });
    const { updatedAt, grownAt, shrunkAt, pending } = memoryOf(rig);
    expect(updatedAt).toEqual([grownAt]);
    expect(grownAt).toBeGreaterThanOrEqual(begun);
    expect([shrunkAt, pending]).toEqual([null, null]);
  });

  it('shrinks, but never while its consumers lag', async () => {
    const rig = await rigOf(4);
    rig.load = 1;
    rig.lagMs = 2 * MINUTE;
    expect(await look(rig)).toMatchObject({
      outcome: 'held',
      why: expect.stringContaining('2 minutes behind'),
    });
    rig.lagMs = 0;
    expect(await look(rig)).toMatchObject({ outcome: 'begun', plan: { kind: 'uniform' } });
    await rig.active();
    expect(await shardsOf(rig)).toHaveLength(2);
    expect(await look(rig)).toMatchObject({ outcome: 'held' });
    expect(memoryOf(rig)).toMatchObject({ grownAt: null, shrunkAt: expect.any(Number) });
  });

  it('is only planned for in a dry run', async () => {
    const rig = await rigOf(1, { dryRun: true });
    rig.load = 3;
    expect(await look(rig)).toMatchObject({ outcome: 'dry-run', plan: { kind: 'uniform' } });
    expect(changes(rig)).toEqual([]);
    expect(memoryOf(rig)).toMatchObject({ updatedAt: [], pending: null });
  });
});

describe('no call is made', () => {
  it('for a stream on demand', async () => {
    const rig = await rigOf('on-demand');
    rig.load = 30;
    expect(await look(rig)).toMatchObject({ outcome: 'on-demand' });
    expect(changes(rig)).toEqual([]);
  });

  it('for a stream that is gone', async () => {
    const rig = await rigOf(1);
    const task = { ...rig.task, stream: 'nothing-here' };
    expect(await reshardOnce(task, rig, HOLD_MS)).toMatchObject({ outcome: 'gone', plan: null });
    expect(changes(rig)).toEqual([]);
  });

  it('while another invocation holds the lease, and until it has run out', async () => {
    const rig = await rigOf(1);
    rig.load = 3;
    const key = leaseKey(rig.stateTable, rig.task.stream);
    await takeLease(rig.store, key, rig.now(), HOLD_MS);
    expect(await look(rig)).toMatchObject({ outcome: 'busy', plan: null });
    expect(rig.calls).toEqual([]);
    rig.pass(HOLD_MS + 1);
    expect(await look(rig)).toMatchObject({ outcome: 'begun' });
  });

  it('by one whose lease was taken over meanwhile', async () => {
    const rig = await rigOf(1);
    rig.load = 3;
    const key = leaseKey(rig.stateTable, rig.task.stream);
    const slow = {
      ...rig,
      readHeat: async () => {
        expect(await takeLease(rig.store, key, rig.now() + HOLD_MS * 2, HOLD_MS)).not.toBeNull();
        return null;
      },
    };
    expect(await reshardOnce(rig.task, slow, HOLD_MS)).toMatchObject({ outcome: 'busy' });
    expect(changes(rig)).toEqual([]);
  });
});

describe('what AWS refuses', () => {
  it.each([
    ['DescribeStreamSummary', 'LimitExceededException', 'throttled'],
    ['ListShards', 'LimitExceededException', 'throttled'],
    ['DescribeStreamSummary', 'ThrottlingException', 'throttled'],
    ['UpdateShardCount', 'ThrottlingException', 'throttled'],
    ['UpdateShardCount', 'ResourceInUseException', 'in-use'],
    ['UpdateShardCount', 'LimitExceededException', 'limit'],
    ['UpdateShardCount', 'ResourceNotFoundException', 'gone'],
    ['UpdateShardCount', 'InvalidArgumentException', 'refused'],
    ['UpdateShardCount', 'ValidationException', 'refused'],
  ])('%s: %s is %s, and the next look goes on', async (command, error, outcome) => {
    const rig = await rigOf(1);
    rig.load = 1;
    rig.refuse(command, error);
    const decision = await look(rig);
    expect(decision).toMatchObject({ outcome, why: expect.stringContaining(error) });
    rig.refuse(command, null);
    rig.calls.length = 0;
    expect(await look(rig)).toMatchObject({ outcome: 'begun' });
    // Refused by the day's limit, it does without one.
    expect(changes(rig)).toEqual([outcome === 'limit' ? 'SplitShard' : 'UpdateShardCount']);
  });

  it('in-use by our own call, whose answer got lost and which the SDK made again, is remembered', async () => {
    const rig = await rigOf(1);
    rig.load = 1.5;
    rig.refuse('UpdateShardCount', 'ResourceInUseException', 'done');
    expect(await look(rig)).toMatchObject({ outcome: 'in-use' });
    await rig.active();
    rig.load = 1.2;
    expect(await look(rig)).toMatchObject({ outcome: 'held', openShards: 2 });
    const { grownAt, updatedAt } = memoryOf(rig);
    expect(updatedAt).toEqual([grownAt]);
  });

  it('throttled by CloudWatch or DynamoDB waits for the next look', async () => {
    const rig = await rigOf(1);
    rig.load = 3;
    const refuse = (name: string) => async () => {
      throw Object.assign(new Error('injected'), { name });
    };
    const blind = { ...rig, readMetrics: refuse('ThrottlingException') };
    expect(await reshardOnce(rig.task, blind, HOLD_MS)).toMatchObject({ outcome: 'throttled' });
    const update = refuse('ProvisionedThroughputExceededException');
    const full = { ...rig, store: { ...rig.store, update } };
    expect(await reshardOnce(rig.task, full, HOLD_MS)).toMatchObject({ outcome: 'throttled' });
    expect(changes(rig)).toEqual([]);
    expect(await look(rig)).toMatchObject({ outcome: 'begun' });
  });

  it('unforeseen is thrown, with the lease given back', async () => {
    const rig = await rigOf(1);
    rig.load = 3;
    rig.refuse('UpdateShardCount', 'AccessDeniedException');
    await expect(look(rig)).rejects.toThrow('injected');
    rig.refuse('UpdateShardCount', null);
    expect(await look(rig)).toMatchObject({ outcome: 'begun' });
  });
});

describe('ten updates a day', () => {
  it('are kept count of: spent, splits have to do, until the first is a day old', async () => {
    const rig = await rigOf(2, { dryRun: true });
    rig.load = 4;
    const hoursAgo = (hours: number) => rig.now() - hours * HOUR;
    const lease = await takeLease(rig.store, leaseKey('state', rig.task.stream), rig.now(), 1);
    const updatedAt = [23, 20, 15, 12, 11, 9, 8, 7, 6, 5].map(hoursAgo);
    await lease!.release({ ...lease!.memory, updatedAt });
    expect(await look(rig)).toMatchObject({ plan: { kind: 'split', figures: { updatesLeft: 0 } } });
    rig.pass(HOUR + MINUTE);
    expect(await look(rig)).toMatchObject({
      plan: { kind: 'uniform', figures: { updatesLeft: 1 } },
    });
  });

  it('are believed to be spent when AWS says so, for an hour', async () => {
    const rig = await rigOf(2);
    rig.load = 4;
    rig.refuse('UpdateShardCount', 'LimitExceededException');
    expect(await look(rig)).toMatchObject({ outcome: 'limit' });
    rig.refuse('UpdateShardCount', null);
    const plan = async () => {
      const dry = { ...rig.task, dryRun: true };
      return (await reshardOnce(dry, rig, HOLD_MS)).plan?.kind;
    };
    rig.pass(59 * MINUTE);
    expect(await plan()).toBe('split');
    rig.pass(2 * MINUTE);
    expect(await plan()).toBe('uniform');
  });
});
