import { describe, expect, it } from 'vitest';
import type { Replay } from '../../local/events.ts';
import type { Tables } from '../../local/tables.ts';
import { inVain, paceProblem } from '../../local/verdict.ts';

const REPLAY: Replay = {
  stream: 's',
  shards: 1,
  existing: null,
  format: 'apache',
  applications: ['a'],
  what: 'a file',
  file: 'access.log',
  lateness: false,
  rate: null,
  events: () => [],
};
const tables = (...rows: { window: string; columns: { n: number } }[]): Tables =>
  new Map([['a', new Map([['OUT', rows]])]]);
const faults = (records: number, unread: number) => ({ records, unread, reasons: {} });

describe('verdict', () => {
  it.each([
    [3, faults(3, 3), 'no record could be read; is access.log really apache?'],
    // An aggregate is one record of several events.
    [9, faults(4, 9), 'no record could be read; is access.log really apache?'],
    [9_000, faults(9_000, 5_000), 'no record could be read; is access.log really apache?'],
    [3, faults(3, 0), 'no row came of access.log: what was set aside says why'],
    [3, faults(2, 2), 'no row came of access.log: what was set aside says why'],
    [
      3,
      faults(0, 0),
      'no row came of access.log: does the program filter all out, or has its schema other names?',
    ],
  ])('%i events, %o', (events, found, message) => {
    expect(inVain(REPLAY, { events, faults: found, tables: tables() })).toBe(message);
  });

  it('has nothing to say of rows, or of made-up events', () => {
    const rows = tables({ window: '2026-11-02T10:00:00Z', columns: { n: 1 } });
    expect(inVain(REPLAY, { events: 3, faults: faults(2, 2), tables: rows })).toBeNull();
    const madeUp = { ...REPLAY, file: null };
    expect(inVain(madeUp, { events: 3, faults: faults(3, 3), tables: tables() })).toBeNull();
  });

  it('tells of a rate that the emulator could not keep', () => {
    expect(paceProblem(5_000, 20_000, 10_000)).toBe(
      'the Kinesis emulator is the limit here (2,000/s); AWS takes 1,000 records a second and shard',
    );
    expect(paceProblem(5_000, 20_000, 4_300)).toBeNull();
    expect(paceProblem(1, 2, 2_900)).toBeNull();
    expect(paceProblem(null, 20_000, 10_000)).toBeNull();
  });
});
