import { describe, expect, it } from 'vitest';
import { runBatch } from '../../shared/sql/engine/batch.ts';
import { createFolder, type FoldSettings } from '../../shared/sql/engine/fold.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import type { Row } from '../../shared/sql/types.ts';
import { aggregate, arrival, count, event, of, planOf, who } from './plans.ts';

const NOON = Date.UTC(2026, 4, 2, 12);
const seconds = (n: number): number => NOON + n * 1000;
/** Arrival, event time, who, n. */
const row = (arrived: number, at: number | null, name: string | null, n: number | null): Row => [
  seconds(arrived),
  at === null ? null : seconds(at),
  name,
  n,
];

const open: FoldSettings = { latenessMs: null, skewMs: null, keep: new Set() };

describe('folding rows into groups', () => {
  const graph = arrange(
    planOf(aggregate('P', 'SRC', [who, arrival(true)], [count, of('sum'), of('min'), of('avg')])),
  );

  it('counts buckets from their start, included, to their end, excluded', () => {
    const folder = createFolder(graph, open);
    const rows = [row(0, 0, 'a', 1), row(59.999, 0, 'a', 2), row(60, 0, 'a', 4)];
    for (const [i, r] of rows.entries()) folder.take(r, i, 0);
    const groups = folder.finish().groups.get('P')!.list;
    expect(
      groups.map(({ start, end, rows, first, last }) => [start, end, rows, first, last]),
    ).toEqual([
      [seconds(0), seconds(60), 2, 0, 1],
      [seconds(60), seconds(120), 1, 2, 2],
    ]);
  });

  it('starts afresh after finish', () => {
    const folder = createFolder(graph, open);
    folder.take(row(0, 0, 'a', 1), 0, 0);
    folder.finish();
    folder.take(row(1, 0, 'a', 1), 0, 0);
    expect(
      folder
        .finish()
        .groups.get('P')!
        .list.map(({ rows }) => rows),
    ).toEqual([1]);
  });

  it('takes NULL for one group, apart from the text that looks like it', () => {
    const folder = createFolder(graph, open);
    for (const [i, name] of [null, '\\N', null, '', '*'].entries())
      folder.take(row(0, 0, name, 1), i, 0);
    const keys = folder
      .finish()
      .groups.get('P')!
      .list.map(({ key, rows }) => [key, rows]);
    expect(new Map(keys as [string, number][]).size).toBe(4);
    expect(keys[0]).toEqual(['\\N', 2]);
  });
});

describe('event time', () => {
  const graph = arrange(planOf(aggregate('P', 'SRC', [arrival(false), event, who], [count])));

  it('merges what arrives in another minute into the minute of the event', () => {
    const { streams } = runBatch(graph.plan, [
      row(10, 5, 'a', 1),
      row(70, 50, 'a', 1),
      row(75, 65, 'a', 1),
    ]);
    expect(streams.get('P_OUT')!.map(([, ...values]) => values)).toEqual([
      [seconds(0), 'a', 2],
      [seconds(60), 'a', 1],
    ]);
  });

  it('sets aside what is late, ahead of its time or without one, and says why', () => {
    const folder = createFolder(graph, { latenessMs: 30_000, skewMs: 5_000, keep: new Set() });
    const rows = [
      row(90, 59, 'in time', 1),
      row(90.001, 59, 'late', 1),
      row(0, 5, 'near', 1),
      row(0, 5.001, 'far', 1),
      row(0, null, 'none', 1),
    ];
    for (const [i, r] of rows.entries()) folder.take(r, i, 0);
    const { groups, rejections } = folder.finish();
    expect(groups.get('P')!.list.map(({ key }) => key)).toEqual(['in time', 'near']);
    expect(rejections.map(({ record, reason }) => [record, reason])).toEqual([
      [1, 'LATE'],
      [3, 'FUTURE'],
      [4, 'NO_EVENT_TIME'],
    ]);
  });
});

describe('a chain of aggregates', () => {
  const plan = planOf(
    aggregate('FIRST', 'SRC', [who, arrival(true)], [count]),
    aggregate('SECOND', 'FIRST_OUT', [{ ...arrival(true) }], [count, of('sum'), of('max')]),
  );

  it('runs over the rows of the first as they close', () => {
    const { streams } = runBatch(plan, [
      row(0, 0, 'a', 1),
      row(1, 0, 'b', 1),
      row(2, 0, 'b', 1),
      row(60, 0, 'a', 1),
    ]);
    expect(streams.get('SECOND_OUT')!.map(([time, , ...values]) => [time, ...values])).toEqual([
      [seconds(120), 2, 3, 2],
      [seconds(180), 1, 1, 1],
    ]);
  });
});
