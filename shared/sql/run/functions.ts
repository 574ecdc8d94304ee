import type { Fn } from '../plan.ts';
import type { Value } from '../types.ts';
import { comparer } from './compare.ts';
import type { Build, Compiled } from './compiled.ts';
import { NUMBERS } from './numbers.ts';
import { TEXT } from './text.ts';
import { TIME } from './time.ts';

/** Scalar functions (dialect section 8). A NULL argument gives NULL, but for COALESCE. */
export const FUNCTIONS: Readonly<Partial<Record<Fn, Build>>> = {
  ...TEXT,
  ...TIME,
  ...NUMBERS,
  coalesce: ({ args }) => {
    const runs = args.map((arg) => arg.run);
    return (row) => {
      for (const run of runs) {
        const value = run(row);
        if (value !== null) return value;
      }
      return null;
    };
  },
  nullif: ({ args }) => {
    const [a, b] = args as [Compiled, Compiled];
    const value = a.run;
    const other = b.run;
    const equals = comparer('=', a.type, b.type) as (x: Value, y: Value) => boolean;
    return (row) => {
      const x = value(row);
      if (x === null) return null;
      const y = other(row);
      return y !== null && equals(x, y) ? null : x;
    };
  },
};
