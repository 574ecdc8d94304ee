import { defineConfig } from 'vitest/config';
import { ROOM_VARIABLE, ROOMS } from './rooms.ts';

const room = process.env[ROOM_VARIABLE] ?? '';

/** The tests of one room, run once per mutant. */
export default defineConfig({
  test: {
    include: (ROOMS[room]?.tests ?? []).map((folder) => `${folder}/**/*.test.ts`),
    testTimeout: 60_000,
  },
});
