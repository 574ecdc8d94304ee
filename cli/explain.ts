import type { Io } from './io.ts';
export async function explain(_args: readonly string[], _io: Io): Promise<number> {
  return 0;
}
