import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { alarmEvents } from '../../events/alarms.ts';
import { createScaler } from '../../functions/scale/scaler.ts';
import { type LocalKinesis, startKinesis } from '../../local/kinesis.ts';
import { createRig, HOLD_MS, type Rig } from '../resharding/rig.ts';

const STREAM = 'sluice-dev-cloudtrail';
const EVENTS = alarmEvents(0);

let kinesis: LocalKinesis;
let rig: Rig;
let lines: Record<string, unknown>[] = [];
beforeAll(async () => {
  kinesis = await startKinesis({ streams: [] });
  rig = await createRig(kinesis.endpoint, STREAM, 1, { dryRun: true });
});
afterAll(() => kinesis.stop());
beforeEach(() => {
  lines = [];
  rig.calls.length = 0;
  vi.spyOn(console, 'log').mockImplementation((line) => lines.push(JSON.parse(line)));
});
afterEach(() => vi.restoreAllMocks());

describe('the scaler', () => {
  it.each([
    'schedule',
    'alarm',
    'alarm-composite',
    'alarm-contributor',
    'alarm-through-sns',
    'alarm-through-sns-one-metric',
    'alarm-through-eventbridge',
  ])('looks at its stream for events/scale/%s.json', async (name) => {
    rig.load = 3;
    const answer = await createScaler(rig.task, rig)(EVENTS[name], HOLD_MS);
    expect(answer.outcome).toBe('dry-run');
    expect(rig.calls).toEqual(['DescribeStreamSummary', 'ListShards']);
  });

  it.each([
    ['alarm-ok', 'has changed to OK'],
    ['alarm-insufficient-data', 'has changed to INSUFFICIENT_DATA'],
    ['alarm-of-another-stream', `is of stream orders, not of ${STREAM}`],
  ])('makes no call for events/scale/%s.json', async (name, reason) => {
    const answer = await createScaler(rig.task, rig)(EVENTS[name], HOLD_MS);
    expect(answer).toEqual({ outcome: 'ignored', why: expect.stringContaining(reason) });
    expect(rig.calls).toEqual([]);
    const { why } = answer;
    expect(lines[0]).toEqual({
      level: 'info',
      message: 'decision',
      stream: STREAM,
      outcome: 'ignored',
      why,
    });
    expect(lines[1]).toMatchObject({ Stream: STREAM, Ignored: 1 });
  });

  it('makes no call for what is no wake-up at all', async () => {
    const answer = await createScaler(rig.task, rig)({ Records: [] }, HOLD_MS);
    expect(answer).toEqual({ outcome: 'ignored', why: 'neither an alarm nor a schedule' });
    expect(rig.calls).toEqual([]);
  });

  it('looks once where several wake-ups come together', async () => {
    const [one] = (EVENTS['alarm-through-sns'] as { Records: object[] }).Records;
    const [other] = (EVENTS['alarm-through-sns-one-metric'] as { Records: object[] }).Records;
    const foreign = { Sns: { Message: '{"AlarmName":"b","NewStateValue":"OK"}' } };
    await createScaler(rig.task, rig)({ Records: [foreign, one, other] }, HOLD_MS);
    expect(rig.calls).toEqual(['DescribeStreamSummary', 'ListShards']);
  });

  it('writes each decision as a line of the log and a line of metrics', async () => {
    rig.load = 1.5;
    await createScaler(rig.task, rig)(EVENTS.alarm, HOLD_MS);
    expect(lines).toHaveLength(2);
    expect(lines[0]).toMatchObject({
      level: 'info',
      message: 'decision',
      stream: STREAM,
      by: 'alarm',
      name: 'sluice-dev-scale-cloudtrail-hot',
      outcome: 'dry-run',
      kind: 'uniform',
      operation: { call: 'UpdateShardCount', count: 2 },
      why: expect.stringMatching(/^1 to 2 shards: shards are 150 % full/),
      figures: { shards: 1, hottest: 1.5, updatesLeft: 10, isEven: true },
    });
    expect(lines[1]).toMatchObject({
      Stream: STREAM,
      OpenShards: 1,
      HottestUtilisation: 1.5,
      Operations: 0,
      Failures: 0,
    });
  });

  it('counts a failure where AWS refuses, so that an alarm can tell when it lasts', async () => {
    rig.refuse('ListShards', 'LimitExceededException');
    await createScaler(rig.task, rig)(EVENTS.schedule, HOLD_MS);
    rig.refuse('ListShards', null);
    expect(lines[0]).toMatchObject({ level: 'warn', outcome: 'throttled' });
    expect(lines[1]).toMatchObject({ Operations: 0, Failures: 1 });
    expect(lines[1]).not.toHaveProperty('OpenShards');
  });
});
