import { describe, expect, it } from 'vitest';
import { failureEvents } from '../../events/on-failure.ts';
import { RecordsGone, type Reread } from '../../functions/aggregate/windowed/reread.ts';
import { createGapCloser } from '../../functions/redrive/gaps.ts';
import { readGapsRequest } from '../../functions/redrive/request.ts';
import type { GivenUp } from '../../shared/consume/on-failure.ts';
import type { KinesisRecord } from '../../shared/records/event.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { everyKind } from '../aggregate/every-kind.ts';
import { applicationOf, consumerOf, memoryFaults } from '../aggregate/harness.ts';
import { memoryStore } from '../helpers/memory-store.ts';
import { FIRST_ARRIVAL, kinesisEvent } from '../helpers/wire.ts';

const application = applicationOf(everyKind(), { name: 'cloudtrail' });
const NOW = FIRST_ARRIVAL + 60_000;
const data = { at: FIRST_ARRIVAL, who: 'a', n: 1 };
const batch = kinesisEvent([{ data }, { data }, { data: 'broken' }]);
const { onFailure } = failureEvents(batch, NOW).plain as { onFailure: [object] };
const request = (changes: object = {}) =>
  readGapsRequest({ onFailure, dryRun: false, ...changes }, 'cloudtrail')!;

function closerOf(
  records: readonly KinesisRecord[] | Error = batch.Records,
  prefix = 'sluice-dev-',
) {
  const store = memoryStore();
  const faults = memoryFaults();
  const reread: Reread = async function* () {
    if (records instanceof Error) throw records;
    yield records;
  };
  const tables = { prefix, state: 't-state' };
  const close = createGapCloser(
    { application, graph: arrange(application.plan), tables, store },
    { faults, reread, stream: 'sluice-dev-cloudtrail', ranges: null, now: () => NOW },
  );
  return { close, store, faults };
}

describe('a gap is not touched', () => {
  const [gap] = request().onFailure as readonly [GivenUp];
  const gone = new RecordsGone(gap.shardId, gap);
  const expired = Object.assign(new Error('no such shard'), { name: 'ResourceNotFoundException' });
  const others = [...batch.Records, ...batch.Records];
  it.each<[string, Partial<GivenUp>, readonly KinesisRecord[] | Error]>([
    ['LOST', {}, gone],
    ['LOST', {}, expired],
    ['NOT_WHOLE', {}, batch.Records.slice(1)],
    ['NOT_WHOLE', {}, others],
    ['NOT_WHOLE', { payload: { Records: batch.Records.slice(0, 2) } }, gone],
    ['OTHER_STREAM', { streamArn: gap.streamArn.replace('cloudtrail', 'weblogs') }, gone],
    ['OTHER_FUNCTION', { functionArn: gap.functionArn.replace('aggregate', 'transform') }, gone],
    ['WINDOW_STATE', { functionArn: gap.functionArn.replace('aggregate', 'window60') }, gone],
  ])('%s %j', async (why, changes, records) => {
    const { close, store, faults } = closerOf(records);
    const { gaps } = await close({ ...request(), onFailure: [{ ...gap, ...changes }] });
    expect(gaps.map(({ open }) => Object.keys(open))).toEqual([[why]]);
    expect(gaps[0]!.open[why as 'LOST']).not.toBe('');
    expect(store.dump()).toEqual({});
    expect(faults.objects.size).toBe(0);
  });

  it('that has records in common with another one', async () => {
    const { close, store } = closerOf();
    const other = { ...gap, first: gap.last };
    const { gaps } = await close({ ...request(), onFailure: [gap, other] });
    expect(gaps.map(({ open }) => Object.keys(open))).toEqual([['OVERLAPPING'], ['OVERLAPPING']]);
    expect(store.dump()).toEqual({});
  });

  it('that another program left', async () => {
    const { close, store } = closerOf();
    const before = applicationOf(everyKind(), { name: 'cloudtrail', skewMs: 1 });
    await consumerOf(before, store, memoryFaults())(batch);
    const dump = store.dump();
    const { gaps } = await close(request());
    expect(Object.keys(gaps[0]!.open)).toEqual(['OTHER_PROGRAM']);
    expect(store.dump()).toEqual(dump);
  });
});

describe('a gap is closed', () => {
  it('from its payload where the stream has let go of it; what no pump takes is set aside', async () => {
    const { close, store, faults } = closerOf(new Error('the stream is not asked'));
    const { onFailure: kept } = failureEvents(batch, NOW).s3 as { onFailure: [object] };
    const { gaps } = await close(request({ onFailure: kept }));
    expect(gaps).toMatchObject([{ records: 3, faults: 1, open: {}, rows: { ADDED: 2, RAW: 2 } }]);
    expect([...faults.objects.values()].map(({ sequenceNumber }) => sequenceNumber)).toEqual([
      batch.Records[2]!.kinesis.sequenceNumber,
    ]);
    expect(Object.keys(store.dump()).length).toBeGreaterThan(0);
  });

  it('once for a record that a queue gives twice; a dry run writes nothing', async () => {
    const { close, store, faults } = closerOf();
    const twice = request({ onFailure: [onFailure, onFailure], dryRun: true });
    const { gaps, next } = await close(twice);
    expect(gaps).toMatchObject([{ records: 3, faults: 1, open: {} }]);
    expect(next).toBeNull();
    expect(store.dump()).toEqual({});
    expect(faults.objects.size).toBe(0);
  });
});

describe('the event', () => {
  it('is a dry run unless it says otherwise, and of no gaps without onFailure', () => {
    expect(readGapsRequest({ onFailure }, 'cloudtrail')).toMatchObject({
      ...{ dryRun: true, neverDelivered: false, next: 0 },
    });
    expect(readGapsRequest({ reasons: [] }, 'cloudtrail')).toBeNull();
  });

  it('is refused with all that is wrong', () => {
    const wrong = {
      onFailure: [1],
      dryRun: 1,
      neverDelivered: 1,
      next: 'x',
      reasons: [],
      application: 'b',
    };
    expect(() => readGapsRequest(wrong, 'cloudtrail')).toThrow(
      /reasons is no key.*redrives cloudtrail only.*neverDelivered.*dryRun.*next.*onFailure\[0\]/,
    );
  });
});
