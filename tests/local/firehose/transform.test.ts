import { describe, expect, it } from 'vitest';
import { lambdaTransform } from '../../../local/firehose/transform.ts';
import type { SourceRecord } from '../../../local/firehose/types.ts';
import { FunctionError } from '../../../local/sandbox.ts';
import type { FirehoseEvent } from '../../../shared/firehose/event.ts';

const ARN = 'arn:aws:kinesis:us-east-1:000000000000:stream/s';
const clock = { now: () => 0, sleep: async () => {} };

function records(count: number): SourceRecord[] {
  return Array.from({ length: count }, (_, i) => ({
    data: Buffer.from(`record ${i}`),
    arrival: 1_000 + i,
    shardId: 'shardId-000000000000',
    sequenceNumber: '49650000000000000000000000000000000000000000000000000002',
    subSequenceNumber: i === 0 ? null : i,
    partitionKey: 'key',
    done: () => {},
  }));
}

function transformOf(invoke: (event: FirehoseEvent) => Promise<unknown>) {
  const settings = { streamArn: ARN, region: 'us-east-1' };
  return lambdaTransform({ invoke, clock, deliveryArn: 'arn:delivery', settings });
}

describe('lambdaTransform', () => {
  it('hands over what Firehose hands over, and reads the answers', async () => {
    let seen: FirehoseEvent | undefined;
    const transform = transformOf(async (event) => {
      seen = event;
      const [a, b, c] = event.records;
      const data = Buffer.from('line\n').toString('base64');
      return {
        records: [
          { recordId: c!.recordId, result: 'ProcessingFailed' },
          { recordId: a!.recordId, result: 'Ok', data, metadata: { partitionKeys: { k: 'v' } } },
          { recordId: b!.recordId, result: 'Dropped' },
        ],
      };
    });
    const answers = await transform(records(3));
    expect(answers).toMatchObject([
      { result: 'Ok', data: Buffer.from('line\n'), keys: { k: 'v' } },
      { result: 'Dropped' },
      {
        result: 'Failed',
        failure: {
          type: 'processing-failed',
          attemptsMade: 1,
          errorCode: 'Lambda.ProcessingFailedStatus',
        },
      },
    ]);
    expect(seen).toMatchObject({ sourceKinesisStreamArn: ARN, deliveryStreamArn: 'arn:delivery' });
    expect(seen!.records[1]).toMatchObject({
      approximateArrivalTimestamp: 1_001,
      data: Buffer.from('record 1').toString('base64'),
      kinesisRecordMetadata: { subsequenceNumber: '1', approximateArrivalTimestamp: 1_001 },
    });
    expect(seen!.records[0]!.kinesisRecordMetadata!.subsequenceNumber).toBe('');
    expect(new Set(seen!.records.map(({ recordId }) => recordId)).size).toBe(3);
  });

  it('tries a failing invocation again with the same records, then fails them all', async () => {
    const events: FirehoseEvent[] = [];
    const answers = await transformOf(async (event) => {
      events.push(event);
      throw new FunctionError('TypeError', 'secret of a record');
    })(records(2));
    expect(events).toHaveLength(4);
    expect(new Set(events.map(({ invocationId }) => invocationId)).size).toBe(4);
    expect(new Set(events.map((event) => JSON.stringify(event.records))).size).toBe(1);
    for (const answer of answers) {
      expect(answer).toMatchObject({
        failure: { attemptsMade: 4, errorCode: 'Lambda.FunctionError' },
      });
    }
    expect(JSON.stringify(answers)).not.toContain('secret');
  });

  it('goes on with the answer of a later try', async () => {
    let tries = 0;
    const answers = await transformOf(async ({ records: [record] }) => {
      tries += 1;
      if (tries < 3) throw new FunctionError('Sandbox.Timedout', 'too slow');
      return { records: [{ recordId: record!.recordId, result: 'Dropped' }] };
    })(records(1));
    expect(answers).toEqual([{ result: 'Dropped' }]);
  });

  it('tells a function that takes too long', async () => {
    const [answer] = await transformOf(async () => {
      throw new FunctionError('Sandbox.Timedout', 'too slow');
    })(records(1));
    expect(answer).toMatchObject({ failure: { errorCode: 'Lambda.FunctionTimedOut' } });
  });

  it('fails a record alone that the answer lacks, or has twice', async () => {
    const answers = await transformOf(async ({ records: [a, b] }) => ({
      records: [a, b, b].map((record) => ({ recordId: record!.recordId, result: 'Dropped' })),
    }))(records(3));
    expect(answers).toMatchObject([
      { result: 'Dropped' },
      { failure: { attemptsMade: 1, errorCode: 'Lambda.DuplicatedRecordId' } },
      { failure: { attemptsMade: 1, errorCode: 'Lambda.MissingRecordId' } },
    ]);
  });

  it.each([
    ['nothing', () => undefined],
    ['no list', () => ({ records: {} })],
    ['null for a record', () => ({ records: [null] })],
    ['a result of its own', (id: string) => ({ records: [{ recordId: id, result: 'OK' }] })],
    ['no data', (id: string) => ({ records: [{ recordId: id, result: 'Ok' }] })],
    ['no base64', (id: string) => ({ records: [{ recordId: id, result: 'Ok', data: '{"a":1}' }] })],
    [
      'over 6 MB',
      (id: string) => ({
        records: [{ recordId: id, result: 'Ok', data: 'AAAA'.repeat(1.6 * 1024 * 1024) }],
      }),
    ],
  ])('an answer with %s is a failing invocation', async (_, answer) => {
    const [one] = await transformOf(async ({ records: [a] }) => answer(a!.recordId))(records(1));
    expect(one).toMatchObject({ failure: { attemptsMade: 4, errorCode: 'Lambda.FunctionError' } });
  });
});
