import { type FaultyRecord, faultKey } from '../../shared/consume/faults.ts';
import type { Model } from './model.ts';
import { Broken } from './violation.ts';

/** Where the function sets faults aside. */
export interface FaultLog {
  readonly put: (record: FaultyRecord) => void;
  /** Throws Broken unless exactly the records at fault are there, each once, with its reasons. */
  readonly check: (model: Model) => void;
}

export function createFaultLog(): FaultLog {
  const objects = new Map<string, { record: FaultyRecord; text: string }>();
  return {
    put: (record) => {
      const key = faultKey(record);
      const text = JSON.stringify(record);
      const held = objects.get(key)?.text ?? text;
      if (held !== text) throw broken('a second try set it aside differently', key, held, text);
      objects.set(key, { record, text });
    },
    check: (model) => {
      const found = new Map<string, string>();
      for (const [key, { record }] of objects) {
        const id = `${record.shardId}:${record.sequenceNumber}`;
        if (found.has(id)) throw broken('set aside twice', key, 'once', 'twice');
        const faults = record.faults.map(
          ({ subSequenceNumber, reason, pump = '' }) => `${subSequenceNumber} ${reason} ${pump}`,
        );
        found.set(id, faults.sort().join(', '));
      }
      for (const id of new Set([...found.keys(), ...model.faults.keys()])) {
        const expected = [...(model.faults.get(id) ?? [])].sort().join(', ');
        const actual = found.get(id) ?? '';
        if (expected !== actual) throw broken('not what is at fault', id, expected, actual);
      }
    },
  };
}

function broken(message: string, item: string, expected: string, actual: string): Broken {
  return new Broken({ invariant: 'faults', message, item, expected, actual });
}
