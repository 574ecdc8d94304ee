/** A room of shared/ and the folders of tests that answer for it. */
export interface Room {
  readonly tests: readonly string[];
}

/** Tests that start emulators or run worlds are left out: each mutant would pay for them. */
export const ROOMS: Readonly<Record<string, Room>> = {
  kpl: { tests: ['tests/kpl'] },
  windows: { tests: ['tests/windows', 'tests/engine'] },
  consume: { tests: ['tests/consume'] },
  results: { tests: ['tests/results', 'tests/aggregate'] },
};

/** Names the room to the test runner's processes, which Stryker starts. */
export const ROOM_VARIABLE = 'SLUICE_MUTATED_ROOM';
