import { describe, expect, it } from 'vitest';
import { checkText } from '../../shared/sql/check/check.ts';
import { runBatch } from '../../shared/sql/engine/batch.ts';
import {
  cellsOf,
  comparable,
  filesOf,
  formatTime,
  inputRows,
  programOf,
  type Vector,
} from './vectors.ts';

/** The tiers of the dialect that are executed; the rest is checked, and refused by name. */
const EXECUTED = ['A', 'B', 'D'];
/** Vectors of other tiers, by file name. */
const REFUSED_VECTORS = ['07', '08', '09', '10', '11', '12', '15'];

const programs = filesOf('programs');
const bad = filesOf('bad');
const vectors = filesOf('vectors');

describe.skipIf(programs.length === 0)('programs of the dialect', () => {
  it.each(programs)('$name', ({ text, name }) => {
    const tier = /^-- tier (\w)/.exec(text)?.[1] ?? '?';
    const { errors, refused, plan } = checkText(text);
    expect(errors).toEqual([]);
    // One program of tier D scores anomalies too, which is tier C.
    if (EXECUTED.includes(tier) && !text.includes('RANDOM_CUT_FOREST(')) {
      expect(refused).toEqual([]);
      expect(plan).not.toBeNull();
    } else {
      expect(plan).toBeNull();
      expect(refused.map(({ code }) => code)).toContain('NOT_BUILT');
      const [first] = refused;
      console.log(
        `refused: tier ${tier} ${name}:${first!.line}:${first!.column} ${first!.message}`,
      );
    }
  });
});

describe.skipIf(bad.length === 0)('programs to be refused', () => {
  it.each(bad)('$name', ({ text }) => {
    const [, code, line, column] = /^-- expect: (\w+) at (\d+):(\d+)/.exec(text)!;
    const found = checkText(text).errors.map((e) => ({
      code: e.code,
      line: e.line,
      column: e.column,
    }));
    expect(found).toEqual([{ code, line: Number(line), column: Number(column) }]);
  });
});

describe.skipIf(vectors.length === 0)('vectors', () => {
  it.each(vectors)('$name', ({ text, name }) => {
    const vector = JSON.parse(text) as Vector;
    const { errors, refused, plan } = checkText(programOf(vector));
    expect(errors).toEqual([]);
    if (REFUSED_VECTORS.some((number) => name.startsWith(number))) {
      expect(refused.length).toBeGreaterThan(0);
      console.log(`refused: ${name}: ${refused[0]!.message}`);
      return;
    }
    expect(refused).toEqual([]);
    const rows = inputRows(vector, plan!.source.name, plan!.source.columns);
    const { streams, rejections } = runBatch(plan!, rows);
    // Late rows are merged here, so the upserted form is the one to reach where a vector has both.
    const expected = { ...vector.expected, ...vector.expected_upsert };
    const observed = vector.observe ?? [...Object.keys(expected), 'ERROR_STREAM'];
    for (const stream of observed) {
      const wanted = expected[stream] ?? [];
      const names = Object.keys(wanted[0] ?? {});
      const got =
        stream === 'ERROR_STREAM'
          ? rejections.map(({ node, rowtime }) => ({
              PUMP_NAME: node.pump,
              DATA_ROWTIME: formatTime(rowtime),
            }))
          : (streams.get(stream) ?? []).map((row) => cellsOf(row, plan!.streams[stream]!.columns));
      const order = (list: string[]): string[] => (vector.ordered ? list : list.sort());
      expect(order(got.map((cells) => comparable(cells, names))), stream).toEqual(
        order(wanted.map((cells) => comparable(cells, names))),
      );
    }
  });
});
