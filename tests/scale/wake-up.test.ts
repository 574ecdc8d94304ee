import { describe, expect, it } from 'vitest';
import { alarmEvents } from '../../events/alarms.ts';
import { readWakeUps } from '../../functions/scale/wake-up.ts';

const EVENTS = alarmEvents(0);
const STREAM = 'sluice-dev-cloudtrail';
const HOT = 'sluice-dev-scale-cloudtrail-hot';

describe('readWakeUps', () => {
  it.each([
    ['alarm', HOT, 'ALARM', [STREAM]],
    ['alarm-ok', HOT, 'OK', [STREAM]],
    ['alarm-insufficient-data', HOT, 'INSUFFICIENT_DATA', [STREAM]],
    ['alarm-of-another-stream', 'orders-hot', 'ALARM', ['orders']],
    ['alarm-composite', 'anything-wrong', 'ALARM', []],
    ['alarm-contributor', 'a-shard-is-hot', 'ALARM', []],
    ['alarm-through-sns', HOT, 'ALARM', [STREAM]],
    ['alarm-through-sns-one-metric', 'mine', 'ALARM', [STREAM]],
    ['alarm-through-eventbridge', HOT, 'ALARM', [STREAM]],
  ])('reads events/scale/%s.json', (event, name, state, streams) => {
    expect(readWakeUps(EVENTS[event])).toEqual([{ by: 'alarm', name, state, streams }]);
  });

  it('reads a schedule', () => {
    const name = 'arn:aws:events:eu-west-1:123456789012:rule/sluice-dev-scale-cloudtrail';
    expect(readWakeUps(EVENTS.schedule)).toEqual([
      { by: 'schedule', name, state: null, streams: [] },
    ]);
  });

  it('reads each message of SNS, and passes over what is no alarm', () => {
    const [one] = (EVENTS['alarm-through-sns'] as { Records: object[] }).Records;
    const text = { Sns: { Message: 'hello' } };
    const other = { Sns: { Message: '{"AlarmName":"b","NewStateValue":"OK"}' } };
    expect(readWakeUps({ Records: [text, one, other, null] })).toEqual([
      { by: 'alarm', name: HOT, state: 'ALARM', streams: [STREAM] },
      { by: 'alarm', name: 'b', state: 'OK', streams: [] },
    ]);
  });

  it.each([
    [null],
    ['alarm'],
    [[]],
    [{}],
    [{ Records: [{ kinesis: {} }] }],
    [{ source: 'aws.cloudwatch' }],
    [{ source: 'aws.cloudwatch', alarmData: { state: { value: 'ALARM' } } }],
    [{ source: 'aws.s3', detail: { alarmName: 'x' } }],
  ])('finds none in %j', (event) => {
    expect(readWakeUps(event)).toEqual([]);
  });
});
