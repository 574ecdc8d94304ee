import { type FaultArchive, redrivenKey } from '../../shared/consume/fault-archives.ts';
import { type MemoryFaults, memoryFaults } from '../aggregate/harness.ts';

/** Faults in memory, set aside and brought back. */
export interface MemoryArchive extends MemoryFaults {
  readonly archive: FaultArchive;
  /** Keys of what is open. */
  readonly open: () => string[];
}

export function memoryArchive(): MemoryArchive {
  const { objects, put } = memoryFaults();
  const open = (prefix = 'faults/'): string[] =>
    [...objects.keys()].filter((key) => key.startsWith(prefix)).sort();
  return {
    objects,
    put,
    open,
    archive: {
      list: async (prefix, after) => {
        const keys = open(prefix).filter((key) => after === null || key > after);
        return { keys, next: null };
      },
      read: async (key) => objects.get(key) ?? null,
      replace: async (key, record) => void objects.set(key, record),
      close: async (key) => {
        const record = objects.get(key);
        if (record !== undefined) objects.set(redrivenKey(key), record);
        objects.delete(key);
      },
    },
  };
}
