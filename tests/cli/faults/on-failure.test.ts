import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { CreateStreamCommand, PutRecordCommand } from '@aws-sdk/client-kinesis';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callsOf, MOST_BYTES } from '../../../cli/faults/calls.ts';
import type { GapAnswer, GapsAnswer } from '../../../functions/redrive/gaps.ts';
import { kinesisClient } from '../../../local/clients.ts';
import { startKinesis } from '../../../local/kinesis.ts';
import { findOnFailure, type GivenUp } from '../../../shared/consume/on-failure.ts';
import type { KinesisRecord } from '../../../shared/records/event.ts';
import { run } from '../run.ts';
import {
  type FakeLambda,
  kinesisRecords,
  SHARD,
  sequenceNumber,
  startLambda,
  startRig,
} from './rig.ts';

const click = (ms: number, page = '/'): string => JSON.stringify({ page, took: { ms }, time: 1 });

/** What a mapping tells of a batch that it gave up; an object in S3 holds the batch too. */
function noteOf(records: readonly KinesisRecord[], { invokes = 3, at = Date.now() } = {}) {
  const [first, last] = [records[0]!, records.at(-1)!];
  return {
    requestContext: {
      ...{ requestId: 'r', condition: 'RetryAttemptsExhausted', approximateInvokeCount: invokes },
      functionArn: 'arn:aws:lambda:eu-west-1:123456789012:function:sluice-test-aggregate-web',
    },
    ...{ version: '1.0', timestamp: new Date(at).toISOString() },
    KinesisBatchInfo: {
      shardId: first.eventID.split(':')[0],
      startSequenceNumber: first.kinesis.sequenceNumber,
      endSequenceNumber: last.kinesis.sequenceNumber,
      batchSize: records.length,
      streamArn: 'arn:aws:kinesis:eu-west-1:123456789012:stream/sluice-test-clicks',
    },
  };
}

describe('faults redrive --on-failure', () => {
  let rig: Awaited<ReturnType<typeof startRig>>;
  let gap: KinesisRecord[];
  beforeEach(async () => {
    rig = await startRig();
    await rig.consume([click(1)]);
    gap = kinesisRecords([click(2), click(3), click(4, '/about'), '{'], 1);
  });
  afterEach(() => rig.stop());

  const file = (name: string, content: unknown): string => {
    const path = join(rig.root, name);
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
    return path;
  };
  const stored = (records = gap, fields = {}) => ({
    ...noteOf(records, fields),
    payload: { Records: records },
  });
  const redrive = (args: readonly string[], stdin = '') =>
    run(['faults', 'redrive', 'web', ...args, '--stage', 'test', '--config', rig.config], stdin);
  /** Hits by page, of all minutes. */
  const rows = async (): Promise<string[]> => {
    const pages = Map.groupBy(await rig.rows(), ({ page }) => page);
    return [...pages]
      .map(([page, of]) => `${page} ${of.reduce((sum, { hits }) => sum + Number(hits), 0)}`)
      .sort();
  };

  it('says what it would do, does it, and a second time nothing changes', async () => {
    const path = file('given-up.json', stored());
    const dry = await redrive(['--on-failure', path]);
    expect({ code: dry.code, err: dry.err }).toEqual({
      ...{ code: 0, err: 'nothing was written: --apply does it\n' },
    });
    expect(dry.out).toContain('dry run of web: 1 gap would be closed, 0 would stay open\n');
    expect(dry.out).toContain(
      `${SHARD}  ${sequenceNumber(1)}  …6        4     3       1  would be closed`,
    );
    expect(dry.out).toMatch(/PAGES_PUMP +3\n/);
    expect(await rows()).toEqual(['/ 1']);

    for (const _ of ['once', 'again']) {
      const done = await redrive(['--on-failure', path, '--apply']);
      expect({ code: done.code, err: done.err }).toEqual({ code: 0, err: '' });
      expect(done.out).toContain('web: 1 gap closed, 0 stay open\n');
      expect(await rows()).toEqual(['/ 3', '/about 1']);
    }
    expect((await run(['faults', 'list', 'web', '--faults', rig.faults, '--json'])).out).toContain(
      sequenceNumber(4),
    );
  });

  it('tells which results cannot tell, and what helps; but for what never came to the function', async () => {
    await rig.consume([click(9)], rig.faults, 5);
    const at = Date.now() + 120_000;
    const path = file('given-up.json', stored(gap, { invokes: 0, at }));
    const open = await redrive(['--on-failure', path, '--apply']);
    expect(open.code).toBe(1);
    expect(open.out).toContain('web: 0 gaps closed, 1 stay open\n');
    expect(open.out).toMatch(/UNCERTAIN +1 +results were taken past it .*npx sluice rebuild/);
    expect(await rows()).toEqual(['/ 2', '/about 1']);

    const told = await redrive(['--on-failure', path, '--never-delivered', '--apply', '--json']);
    expect(told.code).toBe(0);
    const closed = { shardId: SHARD, first: sequenceNumber(1), last: sequenceNumber(4) };
    expect(JSON.parse(told.out)).toEqual({
      ...{ application: 'web', dryRun: false },
      gaps: [{ ...closed, records: 4, faults: 1, rows: { PAGES_PUMP: 3 }, open: {} }],
    });
    expect(await rows()).toEqual(['/ 4', '/about 1']);
  });

  it('takes many files in many forms, each batch once', async () => {
    const [one, two, three] = [gap.slice(0, 1), gap.slice(1, 2), gap.slice(2)];
    const queue = { Messages: [{ Body: JSON.stringify(noteOf(one)) }] };
    const files = [
      file('queue.json', queue),
      file('event.json', { onFailure: [stored(two)], application: 'web' }),
      file(
        'lines.ndjson',
        `\uFEFF${JSON.stringify(stored(one))}\n\n${JSON.stringify(stored(two))}\n`,
      ),
    ];
    const words = ['--on-failure', ...files, '--on-failure', '-', '--apply', '--json'];
    const { code, out } = await redrive(words, JSON.stringify([stored(three)]));
    expect(code).toBe(0);
    const { gaps } = JSON.parse(out) as GapsAnswer;
    expect(gaps.map(({ first }) => first)).toEqual([1, 2, 3].map(sequenceNumber));
    expect(await rows()).toEqual(['/ 3', '/about 1']);
  });

  it('lists all that is wrong with the files, and does nothing', async () => {
    const files = [
      file('cut.json', '{\n  "Records": [1,\n'),
      file('lines.ndjson', `${JSON.stringify(stored())}\n{"a" 1}\n`),
      file('other.json', { Records: [{ requestContext: {}, s: 1 }] }),
      file('half.json', { ...stored(), KinesisBatchInfo: { shardId: 'x' } }),
      file('event.json', { onFailure: [stored()], dryRun: false }),
      file('none.json', []),
      file('empty.json', ' \n'),
      join(rig.root, 'event.jso'),
      rig.root,
    ];
    const { code, out, err } = await redrive(['--apply', '--on-failure', ...files]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    const found = err.replaceAll(`${rig.root}/`, '').replaceAll(rig.root, '<root>').split('\n');
    expect(found.slice(0, -1)).toEqual([
      'error: --on-failure cannot be read:',
      '  cut.json:3:1 is not JSON: a value is expected',
      "  lines.ndjson:2:6 is not JSON: ':' is expected",
      '  other.json.Records[0] is no on-failure record: it has no KinesisBatchInfo',
      '  half.json.KinesisBatchInfo.streamArn is not the ARN of a stream',
      '  half.json.KinesisBatchInfo.shardId is not a shard',
      '  half.json.KinesisBatchInfo.startSequenceNumber is not a sequence number',
      '  half.json.KinesisBatchInfo.endSequenceNumber is not a sequence number',
      '  half.json.KinesisBatchInfo.batchSize is not a whole number from 1 to 10000',
      '  event.json has dryRun beside onFailure: --apply and --never-delivered say that here',
      '  none.json holds no on-failure record',
      '  empty.json is empty',
      '  there is no file event.jso (did you mean event.json?)',
      '  <root> is a folder (name the files in it)',
      'hint: nothing was done; docs/faults.md says which forms are taken',
    ]);
    expect(await rows()).toEqual(['/ 1']);
  });

  it.each([
    [
      '--on-failure x --reason LATE --to 1h',
      '--reason, --to do not go with --on-failure',
      'choose',
    ],
    ['--on-failure x --shard shardId-000000000000', '--shard does not go with --on-failure', ''],
    ['--never-delivered', '--never-delivered tells something of --on-failure', '--help'],
    ['--on-failure', '--on-failure needs a value', ''],
    ['more', '"more" is one word too many', '--help'],
  ])('faults redrive web %s', async (words, message, hint) => {
    const { code, out, err } = await redrive(words.split(' '));
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
    expect(err).toContain(hint);
  });

  it('reads the records again from the stream, and says when they have left it', async () => {
    const name = 'sluice-test-clicks';
    const kinesis = await startKinesis({ streams: [] });
    const client = kinesisClient(kinesis.endpoint);
    try {
      vi.stubEnv('AWS_ENDPOINT_URL_KINESIS', kinesis.endpoint);
      await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: 1 }));
      const put = async (text: string): Promise<KinesisRecord> => {
        const command = new PutRecordCommand({
          ...{ StreamName: name, PartitionKey: 'key', Data: Buffer.from(text) },
        });
        const { SequenceNumber, ShardId } = await retried(() => client.send(command));
        const [record] = kinesisRecords([text]);
        return {
          eventID: `${ShardId}:${SequenceNumber}`,
          kinesis: { ...record!.kinesis, sequenceNumber: SequenceNumber! },
        };
      };
      const records = [];
      for (const text of [click(2), click(3), click(4, '/about')]) records.push(await put(text));
      const note = noteOf(records);
      const kept = await redrive(['--on-failure', file('kept.json', note), '--apply']);
      expect({ code: kept.code, err: kept.err }).toEqual({ code: 0, err: '' });
      expect(await rows()).toEqual(['/ 3', '/about 1']);
      const gone = await redrive(['--on-failure', file('gone.json', noteOf(gap))]);
      expect(gone.code).toBe(1);
      expect(gone.out).toMatch(/LOST +1 +the stream does not hold shardId-000000000000 from/);
    } finally {
      client.destroy();
      await kinesis.stop();
    }
  });
});

/** A stream that was made this moment takes no record yet. */
async function retried<T>(work: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return await work();
    } catch (error) {
      if (tries === 50) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

describe('faults redrive --on-failure of a stage on AWS', () => {
  let rig: Awaited<ReturnType<typeof startRig>>;
  let lambda: FakeLambda;
  beforeEach(async () => {
    rig = await startRig();
    lambda = await startLambda();
    await rig.consume([click(1)], 's3://bucket');
  });
  afterEach(async () => {
    lambda.stop();
    await rig.stop();
  });

  it('asks the function as often as its answers and the size of the notes take', async () => {
    const big = (from: number) => {
      const records = kinesisRecords([`"${'x'.repeat(3_000_000)}"`], from);
      const named = { ...records[0]!, eventSourceARN: 'arn' };
      return { ...noteOf(records), payload: { Records: [named] } };
    };
    const notes = [big(1), noteOf(kinesisRecords(['{}'], 2)), big(3)];
    const path = join(rig.root, 'given-up.json');
    writeFileSync(path, JSON.stringify(notes));
    const gap = (n: number, open: GapAnswer['open'] = {}): GapAnswer => ({
      ...{ shardId: SHARD, first: sequenceNumber(n), last: sequenceNumber(n) },
      ...{ records: 1, rows: { PAGES_PUMP: n }, faults: 0, open },
    });
    const answer = (gaps: GapAnswer[], next: number | null): { body: GapsAnswer } => ({
      body: { application: 'web', dryRun: false, gaps, next },
    });
    const lost = gap(3, { LOST: 'it is gone' });
    lambda.answers.push(answer([gap(1)], 1), answer([gap(2)], null), answer([lost], null));
    const words = ['--on-failure', path, '--stage', 'test', '--config', rig.config, '--apply'];
    const { code, out, err } = await run(['faults', 'redrive', 'web', ...words]);
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toContain('web: 2 gaps closed, 1 stay open\n');
    expect(out).toMatch(/PAGES_PUMP +6\n/);
    expect(out).toMatch(/LOST +1 +it is gone\n/);
    const event = { application: 'web', neverDelivered: false, dryRun: false };
    const sent = lambda.asked.map(({ event: { onFailure, ...rest } }) => {
      const { found, wrong } = findOnFailure(onFailure, 'onFailure');
      expect(wrong).toEqual([]);
      return { ...rest, firsts: found.map(({ first }) => first) };
    });
    const both = [1, 2].map(sequenceNumber);
    expect(sent).toEqual([
      { ...event, next: 0, firsts: both },
      { ...event, next: 1, firsts: both },
      { ...event, next: 0, firsts: [sequenceNumber(3)] },
    ]);
    expect(lambda.asked[0]!.path).toBe('/2015-03-31/functions/sluice-test-redrive-web/invocations');
    expect(JSON.stringify(lambda.asked[2]!.event)).not.toContain('eventSourceARN');
  });
});

describe('batches for one invocation', () => {
  const batch = (first: number, last: number, bytes: number): GivenUp => {
    const data = 'x'.repeat(bytes);
    const { found } = findOnFailure(
      {
        ...noteOf([...kinesisRecords(['{}'], first), ...kinesisRecords(['{}'], last)]),
        payload: { Records: kinesisRecords([data], first) },
      },
      'note',
    );
    return found[0]!;
  };
  const firsts = (calls: readonly (readonly GivenUp[])[]) =>
    calls.map((call) => call.map(({ first }) => Number(BigInt(first) - BigInt(sequenceNumber(0)))));

  it('are few, never too large, and hold all that overlap, without what nobody needs', () => {
    const sixth = MOST_BYTES / 6;
    const given = [batch(1, 2, sixth), batch(3, 9, sixth), batch(5, 6, sixth), batch(8, 10, sixth)];
    const { calls, withoutPayload } = callsOf([...given, batch(20, 21, sixth)], MOST_BYTES);
    expect(firsts(calls)).toEqual([[1, 3, 5, 8, 20]]);
    expect(calls[0]!.map(({ payload }) => payload !== null)).toEqual([
      ...[true, false, false, false, true],
    ]);
    expect(withoutPayload).toEqual([]);
  });

  it('go without a payload that none would take', () => {
    const { calls, withoutPayload } = callsOf([batch(1, 2, MOST_BYTES)], MOST_BYTES);
    expect(firsts([...calls, withoutPayload])).toEqual([[1], [1]]);
    expect(calls[0]![0]!.payload).toBeNull();
  });

  it('are refused where more overlap than one takes', () => {
    const given = [1, 2, 3].map((n) => batch(n, 9, 0));
    expect(() => callsOf(given, 1_000)).toThrow('3 batches of shardId-000000000000 overlap');
  });
});
