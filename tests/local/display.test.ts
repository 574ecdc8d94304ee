import { describe, expect, it } from 'vitest';
import { layOut, PLAIN, renderSummary } from '../../local/display/render.ts';
import { createScreen, type Progress, progressLines } from '../../local/display/screen.ts';
import { summarize } from '../../local/display/summary.ts';
import type { TableRow } from '../../local/tables.ts';
import type { Application } from '../../shared/config/application.ts';
import type { AggregateNode, Expr } from '../../shared/sql/plan.ts';

const type = { name: 'BIGINT' } as const;
const slot = (index: number): Expr => ({ op: 'column', type, index });

/** SELECT minute, who, COUNT, MIN, fn of the group row. */
function application(fn: 'max' | 'avg'): Application {
  const node: AggregateNode = {
    kind: 'aggregate',
    id: 'n',
    pump: 'P',
    from: 'S',
    into: 'CALLS',
    where: null,
    groups: [
      { role: 'event', expr: slot(1), type, bucket: { unit: 'ms', size: 60_000 }, keyed: true },
      { role: 'key', expr: slot(2), type, keyed: true },
    ],
    aggregates: (['count', 'min', fn] as const).map((name) => ({ fn: name, arg: slot(3), type })),
    having: null,
    select: [slot(1), slot(2), slot(3), slot(4), slot(5)],
    order: [],
  };
  const columns = ['minute', 'who', 'calls', 'least', 'most'].map((name) => ({ name, type }));
  return {
    name: 'a',
    stream: { name: 's', format: 'json', producer: 'other', retentionMs: 1 },
    columns: [],
    plan: {
      source: { name: 'S', columns: [] },
      streams: { CALLS: { name: 'CALLS', columns, declared: true } },
      nodes: [node],
    },
    latenessMs: null,
    skewMs: 0,
    outputs: {},
  };
}

const row = (minute: number, who: string, calls: number, least: number, most: number): TableRow => {
  const window = `2026-11-02T10:0${minute}:00Z`;
  return { window, columns: { minute: window, who, calls, least, most } };
};
const ROWS = [
  row(1, 'ann', 1, 5, 6),
  row(1, 'bob', 1_200, 3, 3),
  row(2, 'ann', 2_000, 2, 9),
  row(2, 'cy', 7, 1, 1),
];

describe('summary', () => {
  it('adds up over windows what can be added, largest first', () => {
    const summary = summarize(application('max'), 'CALLS', ROWS, 2);
    expect(summary.title).toBe('CALLS  3 groups, totals over 2 windows');
    expect(summary.header).toEqual(['who', 'calls', 'least', 'most']);
    expect(summary.rows).toEqual([
      ['ann', '2,001', '2', '9'],
      ['bob', '1,200', '3', '3'],
    ]);
  });

  it('shows the newest window where a column cannot be added up', () => {
    const summary = summarize(application('avg'), 'CALLS', ROWS, 5);
    expect(summary.title).toBe('CALLS  window 2026-11-02 10:02, newest of 2 windows');
    expect(summary.rows.map(([, who, calls]) => [who, calls])).toEqual([
      ['ann', '2,000'],
      ['cy', '7'],
    ]);
  });

  it('says that there is nothing yet', () => {
    const summary = summarize(application('max'), 'CALLS', [], 5);
    expect(renderSummary(summary, 80, PLAIN)).toEqual(['CALLS  nothing yet']);
    const ended = summarize(application('max'), 'CALLS', [], 5, true);
    expect(renderSummary(ended, 80, PLAIN)).toEqual(['CALLS  no rows']);
  });
});

describe('rendering', () => {
  it('aligns numbers to the right and keeps to the width', () => {
    const summary = summarize(application('max'), 'CALLS', ROWS, 2);
    expect(renderSummary(summary, 80, PLAIN).slice(1)).toEqual([
      '  who  calls  least  most',
      '  ann  2,001      2     9',
      '  bob  1,200      3     3',
    ]);
    const arn = `arn:aws:sts::111122223333:assumed-role/${'x'.repeat(60)}/session`;
    const wide = summarize(application('max'), 'CALLS', [row(1, arn, 1, 1, 1)], 2);
    for (const columns of [1, 2] as const) {
      for (const line of layOut([wide, wide, wide], 60, PLAIN, columns)) {
        expect(line.length).toBeLessThanOrEqual(60);
      }
    }
    expect(renderSummary(wide, 60, PLAIN)[2]).toContain('/session');
  });
});

describe('progress', () => {
  const progress: Progress = {
    application: 'account-activity',
    put: 12_000,
    applied: 11_990,
    rate: 812,
    lagMs: 300,
    faults: 3,
    late: 0,
    invokes: 41,
    failures: 0,
    peakRssKb: 130_000,
    problem: null,
  };

  it('leaves figures out where the terminal is narrow, and cuts none', () => {
    const [wide] = progressLines(14, progress, PLAIN, 120);
    expect(wide).toMatch(/^account-activity {2}14 s {2}put 12,000 .* {2}127 MB$/);
    const whole = wide!.split('  ');
    for (const width of [100, 80, 60, 56]) {
      const [line] = progressLines(14, progress, PLAIN, width);
      expect(line!.length).toBeLessThanOrEqual(width);
      const left = line!.split('  ');
      expect(left).toEqual(whole.filter((part) => left.includes(part)));
      expect(line).toContain('  put 12,000  applied 11,990  ');
    }
  });

  it('takes a terminal of width 0 for one of 80 columns', () => {
    let written = '';
    const write = (text: string) => {
      written += text;
      return true;
    };
    const out = { isTTY: true, columns: 0, rows: 0, write } as unknown as NodeJS.WriteStream;
    const summary = summarize(application('max'), 'CALLS', ROWS, 2);
    createScreen(out).show(14, { applications: [progress], deliveries: [] }, () => [summary]);
    expect(written).toContain('put 12,000');
    expect(written).toContain('bob  1,200');
  });
});
