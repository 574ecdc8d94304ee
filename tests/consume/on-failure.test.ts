import { describe, expect, it } from 'vitest';
import { sampleEvents } from '../../events/make.ts';
import { type GivenUp, readOnFailure, writeOnFailure } from '../../shared/consume/on-failure.ts';

interface Sample {
  readonly onFailure: readonly unknown[];
}

const samples = Object.entries(sampleEvents())
  .filter(([name]) => name.startsWith('on-failure/'))
  .map(([name, event]) => [name, (event as Sample).onFailure] as const);
const plain = samples.find(([name]) => name === 'on-failure/plain')![1][0] as Record<
  string,
  Record<string, unknown>
>;

const changed = (part: string, name: string, value: unknown) => ({
  ...plain,
  [part]: { ...plain[part], [name]: value },
});

describe('on-failure records', () => {
  it.each(samples)('%s: the batch is named', (name, onFailure) => {
    const found = readOnFailure(onFailure);
    expect(found.length).toBe(name === 'on-failure/sns-in-sqs' ? 2 : 1);
    for (const record of found) {
      expect(record.functionArn).toMatch(/:function:sluice-dev-aggregate-cloudtrail$/);
      expect(record.streamArn).toMatch(/:stream\/sluice-dev-cloudtrail$/);
      expect(record.shardId).toBe('shardId-000000000000');
      expect(BigInt(record.first) <= BigInt(record.last)).toBe(true);
      expect(record.payload?.Records?.length ?? 3).toBe(record.size);
    }
    expect(found[0]!.payload === null).toBe(name !== 'on-failure/s3');
    const isOld = name === 'on-failure/too-old';
    expect(found[0]!.invokes === 0).toBe(isOld);
    expect(found[0]!.condition).toBe(isOld ? 'RecordAgeExceeded' : 'RetryAttemptsExhausted');
  });

  it.each(samples)('%s: what is written of it is read as the same', (_, onFailure) => {
    const found = readOnFailure(onFailure);
    const text = JSON.stringify(found.map(writeOnFailure));
    const bare = ({ payload, ...rest }: GivenUp) => ({
      ...rest,
      payload: payload?.Records?.map(({ eventID, kinesis }) => [eventID, kinesis.data]) ?? null,
    });
    expect(readOnFailure(text).map(bare)).toEqual(found.map(bare));
    expect(text).not.toContain('eventSourceARN');
  });

  it('are read as text too, one or many, and as an answer of ReceiveMessage', () => {
    const text = JSON.stringify(plain);
    const one = readOnFailure(plain);
    expect(readOnFailure(text)).toEqual(one);
    expect(readOnFailure([text, [plain]])).toEqual([...one, ...one]);
    expect(readOnFailure({ Messages: [{ MessageId: 'm', Body: text }] })).toEqual(one);
    const payload = { Records: [] };
    expect(readOnFailure({ ...plain, payload: JSON.stringify(payload) })[0]!.payload).toEqual(
      payload,
    );
  });

  it.each([
    [[], 'there are none'],
    [[7], 'onFailure[0] is no on-failure record'],
    ['{', 'onFailure is no JSON'],
    [{ Records: [{ body: 'hello' }] }, 'onFailure.Records[0].body is no JSON'],
    [{ Records: [{ s3: { object: {} } }] }, 'give what the object holds'],
    [{ DDBStreamBatchInfo: {}, requestContext: {} }, 'is of a DynamoDB stream'],
    [changed('KinesisBatchInfo', 'shardId', '../x'), 'KinesisBatchInfo.shardId is not a shard'],
    [changed('KinesisBatchInfo', 'batchSize', 0), 'from 1 to 10000'],
    [changed('KinesisBatchInfo', 'endSequenceNumber', '1'), 'ends before it begins'],
    [changed('requestContext', 'approximateInvokeCount', -1), 'approximateInvokeCount'],
    [changed('requestContext', 'functionArn', 'f'), 'is not the ARN of a function'],
    [{ ...plain, timestamp: 'noon' }, 'timestamp is no time'],
    [{ ...plain, payload: { Records: [{}] } }, 'payload is no event of a Kinesis stream'],
    [[[[[[[[[[plain]]]]]]]]], 'too many envelopes'],
  ])('%j is refused by name', (input, words) => {
    expect(() => readOnFailure(input)).toThrow(words);
  });

  it('are refused all at once', () => {
    const both = [changed('KinesisBatchInfo', 'shardId', 1), { ...plain, timestamp: 1 }];
    expect(() => readOnFailure(both)).toThrow(/onFailure\[0\].*onFailure\[1\]/);
  });
});
