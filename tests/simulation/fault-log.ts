import { type FaultArchive, redrivenKey } from '../../shared/consume/fault-archives.ts';
import { type FaultyRecord, faultKey } from '../../shared/consume/faults.ts';
import { LIMITED, type Refusals } from './full.ts';
import type { Model, SourceRow } from './model.ts';
import { Broken } from './violation.ts';

/** Where the function sets faults aside, and where a redrive finds them. */
export interface FaultLog {
  readonly put: (record: FaultyRecord) => void;
  readonly archive: FaultArchive;
  /** All that was redriven is open again: what it was brought into may have been restored. */
  readonly reopen: () => void;
  /** How many faults are open. */
  readonly open: () => number;
  /** What single results have refused. */
  readonly refusals: Refusals;
  /** Throws Broken unless exactly the records at fault are there, each once, with its reasons. */
  readonly check: (model: Model) => void;
}

/** `isStrict` tells the versions of the rules before the schema was mended. */
export function createFaultLog(isStrict: (version: string) => boolean): FaultLog {
  const objects = new Map<string, FaultyRecord>();
  /** Every text under which a key was ever put. */
  const texts = new Map<string, string>();
  const refused = createRefusals();
  const isOpen = (key: string): boolean => key.startsWith('faults/');
  return {
    put: (record) => {
      const key = faultKey(record);
      const text = JSON.stringify(record);
      const held = texts.get(key) ?? text;
      if (held !== text) throw broken('a second try set it aside differently', key, held, text);
      texts.set(key, text);
      if (record.result !== undefined) refused.note(record);
      objects.set(key, record);
    },
    archive: {
      list: async (prefix, after) => {
        const keys = [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
        return { keys: keys.filter((key) => after === null || key > after), next: null };
      },
      read: async (key) => objects.get(key) ?? null,
      replace: async (key, record) => {
        objects.set(key, record);
      },
      close: async (key) => {
        const record = objects.get(key);
        if (record === undefined) return;
        objects.set(redrivenKey(key), record);
        objects.delete(key);
      },
    },
    reopen: () => {
      for (const [key, record] of [...objects]) {
        if (isOpen(key)) continue;
        objects.delete(key);
        objects.set(faultKey(record), record);
      }
    },
    open: () => [...objects.keys()].filter(isOpen).length,
    refusals: refused,
    check: (model) => {
      const found = new Set<string>();
      const known = new Set<string>();
      for (const [key, record] of objects) {
        if (!isOpen(key) || record.result !== undefined) continue;
        const id = `${record.shardId}:${record.sequenceNumber}`;
        const { version } = record.refuser!;
        const name = `${id} ${version}`;
        if (known.has(name)) throw broken('set aside twice', key, 'once', 'twice');
        known.add(name);
        found.add(id);
        const expected = faultsText(
          (isStrict(version) ? model.strictFaults : model.faults).get(id),
        );
        const actual = faultsText(
          record.faults.map(
            ({ subSequenceNumber, reason, pump = '' }) => `${subSequenceNumber} ${reason} ${pump}`,
          ),
        );
        if (expected !== actual) throw broken('not what is at fault', id, expected, actual);
      }
      for (const id of new Set([...found, ...model.faults.keys()])) {
        if (found.has(id) && model.faults.has(id)) continue;
        const [is, should] = [found.has(id), model.faults.has(id)].map((yes) =>
          yes ? 'open' : '',
        );
        const why = [...objects.values()]
          .filter((o) => `${o.shardId}:${o.sequenceNumber}` === id)
          .map((o) => JSON.stringify([o.refuser?.version, o.tried, o.faults]));
        throw broken('not what is at fault', id, should!, `${is!} ${why.join(' ')}`);
      }
    },
  };
}

/** Rows that a result does not take, as they were set aside. */
function createRefusals() {
  const rows = new Set<string>();
  const results = new Set<string>();
  const refusals: Refusals = {
    has: ({ window, sortKey }, row) => results.has(`${window}|${sortKey}|${idOf(row)}`),
    of: (row) => rows.has(idOf(row)),
    any: () => rows.size > 0,
  };
  const note = ({ shardId, sequenceNumber, faults, result }: FaultyRecord): void => {
    const { pump, window, key } = result!;
    for (const { subSequenceNumber: sub, reason } of faults) {
      const id = idOf({ shardId, sequenceNumber, sub });
      const isMeant = pump === `${LIMITED}_PUMP` && reason === 'TOO_LARGE';
      if (!isMeant) throw broken('nothing was full', id, 'TOO_LARGE', reason);
      rows.add(id);
      results.add(`${window}|${key}|${id}`);
    }
  };
  return { ...refusals, note };
}

function idOf({
  shardId,
  sequenceNumber,
  sub,
}: Pick<SourceRow, 'shardId' | 'sequenceNumber' | 'sub'>): string {
  return `${shardId}:${sequenceNumber}.${sub}`;
}

function faultsText(faults: readonly string[] = []): string {
  return faults.toSorted().join(', ');
}

function broken(message: string, item: string, expected: string, actual: string): Broken {
  return new Broken({ invariant: 'faults', message, item, expected, actual });
}
