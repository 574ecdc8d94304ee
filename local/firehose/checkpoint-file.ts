import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** The checkpoints of a delivery in a file, so that another run goes on where this one ended. */
export interface CheckpointFile {
  /** Empty where there is none yet. */
  read(): ReadonlyMap<string, string>;
  /** Replaces the file as a whole; makes its folder where there is none. */
  write(checkpoints: ReadonlyMap<string, string>): void;
}

export function checkpointFile(path: string): CheckpointFile {
  return {
    read() {
      try {
        const shards = JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
        return new Map(Object.entries(shards));
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return new Map();
        throw error;
      }
    },
    write(checkpoints) {
      mkdirSync(dirname(path), { recursive: true });
      const part = `${path}.part`;
      writeFileSync(part, JSON.stringify(Object.fromEntries(checkpoints)), { flush: true });
      renameSync(part, path);
    },
  };
}
