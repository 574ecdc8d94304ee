import { describe, expect, it } from 'vitest';
import type { Epoch } from '../../shared/results/epoch.ts';
import { epochMarks } from '../../shared/results/epoch-marks.ts';
import { fenceOf } from '../../shared/results/fence.ts';
import { createLane, type LaneEntry } from '../../shared/results/lane.ts';
import { createRedriveLane } from '../../shared/results/redrive-lane.ts';
import { MOST_REDRIVEN, redrivenMarks, TooManyRedriven } from '../../shared/results/redriven.ts';
import type { Attributes } from '../../shared/results/store.ts';

const SHARD = 'shardId-000000000000';
const LANE = '_f0';
const entry = (record: number, more: Partial<LaneEntry> = {}): LaneEntry => ({
  ...{ record, sub: 0, row: 0, way: 'P' },
  ...more,
});

interface Part {
  readonly first: number;
  readonly last: number;
  readonly entries: readonly LaneEntry[];
}

/** What an item lacks of some entries, by a lane. */
function lackingOf(lane: ReturnType<typeof createLane>, item: Attributes | null, all: LaneEntry[]) {
  const partOf = (from: number, admits = (_: LaneEntry) => true): Part | null => {
    const entries = all.filter((one) => one.record >= from && admits(one));
    if (entries.length === 0) return null;
    return { first: entries[0]!.record, last: entries.at(-1)!.record, entries };
  };
  return lane.lacking(item, partOf(0)!, partOf)?.entries ?? null;
}

const epoch = (number: number, version: string, from: string, since = number): Epoch => ({
  ...{ number, version, from, done: null, refused: null },
  since: since * 3_600_000,
});

/** An item whose fence was moved by one epoch after the other. */
function itemOf(...eras: [epoch: number, fence: string][]): Attributes {
  let item: Attributes = {};
  for (const [number, fence] of eras) {
    item = { ...item, ...epochMarks(item, LANE, number), [LANE]: { B: fenceOf(fence) } };
  }
  return item;
}

describe('an entry that v1 refused at 50', () => {
  const ask = (epochs: Epoch[], item: Attributes | null, by = ['v1']) => {
    const unknown: LaneEntry[] = [];
    const refusals = {
      ...{ epochs, refusedBy: () => new Set(by) },
      unknown: (one: LaneEntry) => void unknown.push(one),
    };
    const lane = createRedriveLane(SHARD, ['50'], refusals);
    const lacks = lackingOf(lane, item, [entry(0)]) !== null;
    return unknown.length > 0 ? 'unknown' : lacks;
  };
  const both = [epoch(1, 'v1', '10'), epoch(2, 'v2', '40')];

  it.each<[string, Epoch[], Attributes | null, boolean | 'unknown']>([
    ['no item', both, null, true],
    ['not passed yet', both, itemOf([1, '49']), true],
    ['passed by v1', both, itemOf([1, '50']), true],
    ['passed by v1, and gone on with by v2', both, itemOf([1, '60'], [2, '90']), true],
    ['passed by v2', both, itemOf([1, '49'], [2, '60']), false],
    ['passed by v2 alone', both, itemOf([2, '60']), false],
    [
      'passed by v2, which began behind it',
      [both[0]!, epoch(2, 'v2', '51')],
      itemOf([2, '60']),
      true,
    ],
    [
      'passed by v2 before v1 took the shard over again',
      [epoch(1, 'v2', '40'), epoch(2, 'v1', '45')],
      itemOf([1, '60']),
      'unknown',
    ],
    [
      'the same, which v2 cannot have missed',
      [epoch(1, 'v2', '40', 1), epoch(2, 'v1', '45', 1)],
      itemOf([1, '60']),
      false,
    ],
    [
      'passed by v2, which may have skipped it',
      [
        { ...both[0]!, refused: '70' },
        { ...both[1]!, patchy: true },
      ],
      itemOf([2, '60']),
      'unknown',
    ],
    [
      'passed by v2, which may have skipped others',
      [
        { ...both[0]!, refused: '49' },
        { ...both[1]!, patchy: true },
      ],
      itemOf([2, '60']),
      false,
    ],
    ['passed by one that is forgotten', both, itemOf([7, '60']), 'unknown'],
  ])('%s', (_, epochs, item, expected) => {
    expect(ask(epochs, item)).toBe(expected);
  });
});

describe('what was redriven', () => {
  const at = (index: number) => fenceOf(String(50 + index));
  const held = redrivenMarks(null, LANE, [entry(1), entry(1, { sub: 2 })], at);

  it('is left out by the ordinary lane, also where its fence has not come to it', () => {
    const lane = createLane(SHARD, ['50', '51', '52']);
    const all = [entry(0), entry(1), entry(1, { sub: 1 }), entry(1, { sub: 2 }), entry(2)];
    const lacking = [entry(0), entry(1, { sub: 1 }), entry(2)];
    expect(lackingOf(lane, held, all)).toEqual(lacking);
    expect(lackingOf(lane, { ...held, [LANE]: { B: at(1) } }, all)).toEqual([entry(2)]);
    expect(lackingOf(lane, { ...held, [LANE]: { B: at(0) } }, [entry(1)])).toBeNull();
    expect(lane.isPlain(held, { first: 1, last: 2 })).toBe(false);
    expect(lane.isPlain(held, { first: 2, last: 2 })).toBe(true);
  });

  it('is told apart by row and by way', () => {
    const lane = createLane(SHARD, ['50', '51']);
    const others = [entry(1, { row: 1 }), entry(1, { way: 'P>Q' })];
    expect(lackingOf(lane, held, [entry(1), ...others])).toEqual(others);
  });

  it('is bounded for each item and shard', () => {
    const many = Array.from({ length: MOST_REDRIVEN }, (_, sub) => entry(1, { sub }));
    const full = redrivenMarks(null, LANE, many, at);
    expect(redrivenMarks(full, LANE, [entry(1, { sub: 5 })], at)).toEqual(full);
    expect(() => redrivenMarks(full, LANE, [entry(2)], at)).toThrow(TooManyRedriven);
  });
});
