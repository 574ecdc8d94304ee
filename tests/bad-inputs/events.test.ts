import { describe, expect, it } from 'vitest';
import { windowEvent } from '../helpers/wire.ts';
import { batchOf, expectOutcome, NOON } from './outcome.ts';
import { COUNTS, counted, event } from './programs.ts';
import { useRig } from './rig.ts';

const rig = useRig();

describe('an event without records is done at once', () => {
  const window = { start: '2026-05-02T12:00:00Z', end: '2026-05-02T12:01:00Z', final: true };
  it.each([
    ['empty Records', { Records: [] }],
    ['no Records', {}],
    ['the last one of a tumbling window', windowEvent([], window)],
  ])('%s', async (_, empty) => {
    const job = await rig.open(COUNTS);
    await job.send(batchOf([event('a')]));
    const before = await job.everything();
    expect(await job.send(empty)).toEqual({ batchItemFailures: [] });
    expect(await job.everything()).toBe(before);
  });
});

describe('an event that is not of Kinesis stops the function with words that say so', () => {
  const sqs = { messageId: '19dd0b57', body: '{}', eventSource: 'aws:sqs', attributes: {} };
  const dynamodb = { eventID: 'c4ca4238', eventSource: 'aws:dynamodb', dynamodb: { Keys: {} } };
  const s3 = { eventSource: 'aws:s3', s3: { bucket: { name: 'b' }, object: { key: 'k' } } };
  const firehose = { recordId: '49546986', approximateArrivalTimestamp: NOON, data: 'e30=' };
  const kinesis = { partitionKey: 'k', sequenceNumber: '1', approximateArrivalTimestamp: 1 };
  const cases: [string, object][] = [
    ['SQS', { Records: [sqs] }],
    ['a DynamoDB stream', { Records: [dynamodb] }],
    ['S3', { Records: [s3] }],
    ['a list of Firehose records', { Records: [firehose] }],
    ['a Kinesis record without data', { Records: [{ eventID: 's:1', kinesis }] }],
    ['a Kinesis record without a shard', { Records: [{ kinesis: { ...kinesis, data: 'e30=' } }] }],
  ];
  const send = async (ranges: boolean, wrong: object): Promise<unknown> => {
    const everything = async () => ({ start: 0n, end: 2n ** 128n - 1n });
    const job = await rig.open({ ...COUNTS, ...(ranges && { ranges: everything }) });
    const before = await job.everything();
    const message = await job.send(JSON.parse(JSON.stringify(wrong))).then(
      (answer) => answer,
      (error: unknown) => String(error),
    );
    expect(await job.everything()).toBe(before);
    return message;
  };

  it.each(cases)('%s', async (_, wrong) => {
    expect(await send(false, wrong)).toMatch(/not a Kinesis event: Records\[0\] has no /);
  });

  it.each(cases)('%s, where a KPL producer is declared', async (_, wrong) => {
    expect(await send(true, wrong)).toMatch(/not a Kinesis event: Records\[0\] has no /);
  });

  it('one such record among good ones: nothing is done, and nothing left for the next batch', async () => {
    const job = await rig.open(COUNTS);
    const batch = batchOf([event('a'), event('b')]);
    const mixed = { Records: [...batch.Records!, sqs] };
    const words = 'not a Kinesis event: Records[2] has no ';
    await expect(job.send(JSON.parse(JSON.stringify(mixed)))).rejects.toThrow(words);
    expect(await job.rows('COUNTS')).toEqual([]);
    await expectOutcome(job, batch, {
      rows: { COUNTS: [counted('a', 1), counted('b', 1)] },
      faults: [],
    });
  });
});
