import { describe, expect, it } from 'vitest';
import { NotInvoked } from '../../local/mapping/types.ts';
import { createWorld, runMapping, SETTINGS, type Seen, START } from './mapping-harness.ts';

const SHARD = 'shardId-000000000000';
const first = ({ event }: Seen) => event.Records[0]!.kinesis.sequenceNumber;
const at = ({ event }: Seen, index: number) => event.Records[index]!.kinesis.sequenceNumber;
const report = (...ids: unknown[]) => ({
  batchItemFailures: ids.map((itemIdentifier) => ({ itemIdentifier })),
});
const dataOf = (seen: readonly Seen[]) => seen.map(({ data }) => data.join(''));

describe('event', () => {
  it('has the wire form: base64, seconds with a fraction, the shard in eventID', async () => {
    const world = createWorld();
    const [sequenceNumber] = world.put(SHARD, 'hello');
    await runMapping(world, {}, () => ({}));
    expect(world.seen[0]!.event).toEqual({
      Records: [
        {
          kinesis: {
            kinesisSchemaVersion: '1.0',
            partitionKey: 'key',
            sequenceNumber,
            data: 'aGVsbG8=',
            approximateArrivalTimestamp: START / 1000,
          },
          eventSource: 'aws:kinesis',
          eventVersion: '1.0',
          eventID: `${SHARD}:${sequenceNumber}`,
          eventName: 'aws:kinesis:record',
          invokeIdentityArn: SETTINGS.roleArn,
          awsRegion: 'eu-west-1',
          eventSourceARN: SETTINGS.streamArn,
        },
      ],
    });
    expect(sequenceNumber).toHaveLength(56);
  });
});

describe('batches', () => {
  it('close on BatchSize', async () => {
    const world = createWorld();
    world.put(SHARD, 'a', 'b', 'c', 'd', 'e');
    await runMapping(world, { batchSize: 2 }, () => ({}));
    expect(dataOf(world.seen)).toEqual(['ab', 'cd', 'e']);
  });

  it('close on 6 MB of payload, base64 counted', async () => {
    const world = createWorld();
    for (let i = 0; i < 7; i++) world.stream.put(SHARD, Buffer.alloc(1_000_000));
    await runMapping(world, {}, () => ({}));
    expect(world.seen.map(({ data }) => data.length)).toEqual([4, 3]);
    const bytes = world.seen.map(({ event }) => JSON.stringify(event).length);
    for (const size of bytes) expect(size).toBeLessThan(6 * 1024 * 1024);
  });

  it('a record beyond the payload limit goes alone', async () => {
    const world = createWorld();
    world.put(SHARD, 'a');
    world.stream.put(SHARD, Buffer.alloc(5_000_000));
    world.put(SHARD, 'b');
    await runMapping(world, {}, () => ({}));
    expect(world.seen.map(({ data }) => data.length)).toEqual([1, 1, 1]);
  });

  it('wait for the batching window', async () => {
    const world = createWorld();
    world.put(SHARD, 'a');
    await runMapping(
      world,
      { batchWindowMs: 5_000 },
      () => ({}),
      20_000,
      async () => {
        await world.clock.sleep(3_500);
        world.put(SHARD, 'b');
        await world.clock.sleep(3_000);
        world.put(SHARD, 'c');
      },
    );
    expect(world.seen.map(({ data, at }) => [data.join(''), at])).toEqual([
      ['ab', 5_000],
      ['c', 12_000],
    ]);
  });

  it('run one at a time on a shard, side by side on two', async () => {
    const other = 'shardId-000000000001';
    const world = createWorld([SHARD, other]);
    for (const shard of [SHARD, other]) world.put(shard, 'a', 'b', 'c', 'd');
    const busy = new Map<string, number>();
    let together = 0;
    await runMapping(world, { batchSize: 1 }, async ({ shardId }) => {
      busy.set(shardId, (busy.get(shardId) ?? 0) + 1);
      expect(busy.get(shardId)).toBe(1);
      together = Math.max(together, (busy.get(SHARD) ?? 0) + (busy.get(other) ?? 0));
      await world.clock.sleep(700);
      busy.set(shardId, 0);
    });
    expect(world.seen).toHaveLength(8);
    expect(together).toBe(2);
  });
});

describe('starting position', () => {
  it.each([
    ['TRIM_HORIZON', { at: 'TRIM_HORIZON' }, 'oldmidnew'],
    ['LATEST', { at: 'LATEST' }, 'new'],
    ['AT_TIMESTAMP', { at: 'AT_TIMESTAMP', time: START + 5_000 }, 'midnew'],
  ] as const)('%s', async (_, startingPosition, expected) => {
    const world = createWorld();
    world.put(SHARD, 'old');
    const before = async () => {
      await world.clock.sleep(6_000);
      world.put(SHARD, 'mid');
      await world.clock.sleep(1_000);
    };
    await world.clock.run(before());
    await runMapping(
      world,
      { startingPosition },
      () => ({}),
      10_000,
      async () => {
        await world.clock.sleep(3_500);
        world.put(SHARD, 'new');
      },
    );
    expect(dataOf(world.seen).join('')).toBe(expected);
  });

  it('LATEST reads shards found later from their start', async () => {
    const world = createWorld();
    const settings = { startingPosition: { at: 'LATEST' } } as const;
    await runMapping(
      world,
      settings,
      () => ({}),
      30_000,
      async () => {
        await world.clock.sleep(1_000);
        world.stream.reshard([SHARD], ['shardId-000000000001', 'shardId-000000000002']);
        world.put('shardId-000000000001', 'child');
      },
    );
    expect(dataOf(world.seen)).toEqual(['child']);
  });
});

describe('partial batch response', () => {
  const successes: [string, unknown][] = [
    ['empty list of failures', { batchItemFailures: [] }],
    ['null list of failures', { batchItemFailures: null }],
    ['empty object', {}],
    ['null', null],
    ['nothing', undefined],
    ['empty string', ''],
    ['empty list', []],
    ['misspelled top-level key', { batchItemFailure: [{ itemIdentifier: 'x' }] }],
  ];
  it.each(successes)('%s is a success', async (_, response) => {
    const world = createWorld();
    world.put(SHARD, 'a', 'b');
    await runMapping(world, {}, () => response);
    expect(dataOf(world.seen)).toEqual(['ab']);
  });

  const failures: [string, (seen: Seen) => unknown][] = [
    ['empty identifier', () => report('')],
    ['null identifier', () => report(null)],
    ['wrong key name', (seen) => ({ batchItemFailures: [{ id: first(seen) }] })],
    [
      'unknown identifier',
      () => report('49590338271490256608559692538361571095921575989136588898'),
    ],
    ['a known beside an unknown', (seen) => report(at(seen, 1), 'unknown')],
    ['null entry', () => ({ batchItemFailures: [null] })],
  ];
  it.each(failures)('%s brings the whole batch again', async (_, respond) => {
    const world = createWorld();
    world.put(SHARD, 'a', 'b', 'c');
    await runMapping(world, {}, (seen, n) => (n === 1 ? respond(seen) : {}));
    expect(dataOf(world.seen)).toEqual(['abc', 'abc']);
    const outcomes = world.reports.flatMap((r) => (r.kind === 'invoked' ? [r.outcome] : []));
    expect(outcomes).toEqual(['failure', 'success']);
  });

  it('a thrown error brings the whole batch again', async () => {
    const world = createWorld();
    world.put(SHARD, 'a', 'b', 'c');
    await runMapping(world, {}, (_, n) => {
      if (n === 1) throw new Error('boom');
    });
    expect(dataOf(world.seen)).toEqual(['abc', 'abc']);
  });

  it('the lowest identifier is the checkpoint, records after it that succeeded come again', async () => {
    const world = createWorld();
    const ids = world.put(SHARD, 'a', 'b', 'c', 'd');
    await runMapping(world, {}, (seen, n) => (n === 1 ? report(at(seen, 3), at(seen, 1)) : {}));
    expect(dataOf(world.seen)).toEqual(['abcd', 'bcd']);
    const checkpoints = world.reports.flatMap((r) => (r.kind === 'checkpoint' ? [r] : []));
    expect(checkpoints.map((r) => [r.sequenceNumber, r.records])).toEqual([
      [ids[0], 1],
      [ids[3], 3],
    ]);
  });

  it('is ignored unless ReportBatchItemFailures is on', async () => {
    const world = createWorld();
    world.put(SHARD, 'a', 'b');
    await runMapping(world, { reportBatchItemFailures: false }, (seen) => report(first(seen)));
    expect(dataOf(world.seen)).toEqual(['ab']);
  });
});

describe('bisect', () => {
  const bisect = { bisectBatchOnFunctionError: true };

  it('halves after a thrown error until the bad record is alone', async () => {
    const world = createWorld();
    world.put(SHARD, ...'abcdefgh');
    await runMapping(world, { ...bisect, maximumRetryAttempts: 2 }, ({ data }) => {
      if (data.includes('f')) throw new Error('boom');
    });
    expect(dataOf(world.seen)).toEqual([
      'abcdefgh',
      'abcd',
      'efgh',
      'ef',
      'e',
      'f',
      'f',
      'f',
      'gh',
    ]);
    // Three tries of the lone record: splitting has used up none of its two retries.
    expect(world.dropped).toHaveLength(1);
    expect(world.dropped[0]!.KinesisBatchInfo.batchSize).toBe(1);
  });

  it('splits at the returned sequence number, and that uses up no retry', async () => {
    const world = createWorld();
    world.put(SHARD, ...'abcd');
    const settings = { ...bisect, maximumRetryAttempts: 1 };
    await runMapping(world, settings, (seen) => {
      const bad = seen.data.indexOf('c');
      return bad < 0 ? {} : report(at(seen, bad));
    });
    expect(dataOf(world.seen)).toEqual(['abcd', 'cd', 'cd']);
    expect(world.dropped[0]!.requestContext.approximateInvokeCount).toBe(3);
  });
});

describe('retries, age, on-failure records', () => {
  it('exhausted retries drop the batch and tell, without the records', async () => {
    const world = createWorld();
    const ids = world.put(SHARD, 'a', 'b');
    await runMapping(
      world,
      { maximumRetryAttempts: 2 },
      ({ data }) => {
        if (data.includes('a')) throw new Error('boom');
      },
      60_000,
      async () => {
        await world.clock.sleep(20_000);
        world.put(SHARD, 'c');
      },
    );
    expect(dataOf(world.seen)).toEqual(['ab', 'ab', 'ab', 'c']);
    expect(world.dropped).toEqual([
      {
        requestContext: {
          requestId: 'request-3',
          functionArn: SETTINGS.functionArn,
          condition: 'RetryAttemptsExhausted',
          approximateInvokeCount: 3,
        },
        responseContext: {
          statusCode: 200,
          executedVersion: '$LATEST',
          functionError: 'Unhandled',
        },
        version: '1.0',
        timestamp: expect.stringMatching(/^2026-11-02T10:15:/),
        KinesisBatchInfo: {
          shardId: SHARD,
          startSequenceNumber: ids[0],
          endSequenceNumber: ids[1],
          approximateArrivalOfFirstRecord: '2026-11-02T10:15:00.000Z',
          approximateArrivalOfLastRecord: '2026-11-02T10:15:00.000Z',
          batchSize: 2,
          streamArn: SETTINGS.streamArn,
        },
      },
    ]);
  });

  it('exhausted partial failures have functionError null and only the records left', async () => {
    const world = createWorld();
    const ids = world.put(SHARD, 'a', 'b', 'c');
    await runMapping(world, { maximumRetryAttempts: 2 }, () => report(ids[1]));
    expect(dataOf(world.seen)).toEqual(['abc', 'bc', 'bc']);
    const [record] = world.dropped;
    expect(record!.responseContext!.functionError).toBeNull();
    expect(record!.requestContext.approximateInvokeCount).toBe(3);
    expect(record!.KinesisBatchInfo.startSequenceNumber).toBe(ids[1]);
    expect(record!.KinesisBatchInfo.batchSize).toBe(2);
  });

  it('-1 retries for ever, with a pause that grows to its bound', async () => {
    const world = createWorld();
    world.put(SHARD, 'a');
    const fail = () => {
      throw new Error('boom');
    };
    await runMapping(world, { backoffMaxMs: 8_000 }, fail, 600_000);
    const pauses = world.seen.slice(1).map(({ at }, i) => at - world.seen[i]!.at);
    expect(pauses.slice(0, 5)).toEqual([1_000, 2_000, 4_000, 8_000, 8_000]);
    expect(world.seen.length).toBeGreaterThan(70);
    expect(world.dropped).toEqual([]);
  });

  it('records older than MaximumRecordAge are dropped; their message has no responseContext', async () => {
    const world = createWorld();
    world.put(SHARD, 'old');
    const settings = { maximumRecordAgeMs: 60_000 };
    await runMapping(
      world,
      settings,
      ({ data }) => {
        if (data.includes('old')) throw new Error('boom');
      },
      200_000,
      async () => {
        await world.clock.sleep(30_000);
        world.put(SHARD, 'new');
      },
    );
    expect(world.dropped).toHaveLength(1);
    expect(world.dropped[0]!.requestContext.condition).toBe('RecordAgeExceeded');
    expect(world.dropped[0]).not.toHaveProperty('responseContext');
    expect(dataOf(world.seen).at(-1)).toBe('new');
  });

  it('an invoke that never reached the function is not counted as a retry', async () => {
    const world = createWorld();
    world.put(SHARD, 'a');
    await runMapping(world, { maximumRetryAttempts: 0 }, (_, n) => {
      if (n <= 5) throw new NotInvoked('throttled');
    });
    expect(world.seen).toHaveLength(6);
    expect(world.dropped).toEqual([]);
  });

  it('a read that fails is tried again', async () => {
    const world = createWorld();
    world.put(SHARD, 'a');
    const { getRecords } = world.stream;
    let calls = 0;
    const stream = {
      ...world.stream,
      getRecords: async (...args: Parameters<typeof getRecords>) => {
        calls += 1;
        if (calls < 3) throw new Error('ProvisionedThroughputExceededException');
        return getRecords(...args);
      },
    };
    await runMapping({ ...world, stream }, {}, () => ({}));
    expect(dataOf(world.seen)).toEqual(['a']);
  });
});

describe('reshard', () => {
  it('parents before children, also when the parent is slow', async () => {
    const world = createWorld();
    const [left, right] = ['shardId-000000000001', 'shardId-000000000002'];
    world.put(SHARD, 'a', 'b', 'c');
    world.stream.reshard([SHARD], [left, right]);
    world.put(left, 'd');
    world.put(right, 'e');
    world.stream.reshard([left, right], ['shardId-000000000003']);
    world.put('shardId-000000000003', 'f');
    const slow = async ({ data }: Seen, n: number) => {
      if (n <= 3) throw new Error('boom');
      await world.clock.sleep(data.includes('e') ? 20_000 : 500);
    };
    const mapping = await runMapping(world, { batchSize: 1 }, slow, 120_000);
    expect(dataOf(world.seen)).toEqual(['a', 'a', 'a', 'a', 'b', 'c', 'd', 'e', 'f']);
    const f = world.seen.at(-1)!;
    expect(f.at - world.seen.at(-2)!.at).toBeGreaterThanOrEqual(20_000);
    expect([...mapping.ended]).toEqual([SHARD, left, right]);
  });

  it('a shard whose parent is no longer listed is read', async () => {
    const world = createWorld();
    world.stream.reshard([SHARD], ['shardId-000000000001']);
    world.put('shardId-000000000001', 'a');
    const listShards = async () => [
      { shardId: 'shardId-000000000001', parents: ['shardId-000000000000'] },
    ];
    await runMapping({ ...world, stream: { ...world.stream, listShards } }, {}, () => ({}));
    expect(dataOf(world.seen)).toEqual(['a']);
  });
});

describe('stop', () => {
  it('waits for the invoke under way and leaves its shard where the checkpoint is', async () => {
    const world = createWorld();
    const ids = world.put(SHARD, 'a', 'b', 'c', 'd');
    const mapping = await runMapping(
      world,
      { batchSize: 2 },
      async () => {
        await world.clock.sleep(1_000);
      },
      500,
    );
    expect(dataOf(world.seen)).toEqual(['ab']);
    expect(mapping.checkpoints.get(SHARD)).toBe(ids[1]);
  });
});
