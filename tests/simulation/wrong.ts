import { type SourceRow, tell } from './model.ts';
import { Broken } from './violation.ts';

/** A wrong write, and the rows that its item is to be made of. */
export function wrong(
  item: string,
  expected: string,
  actual: string,
  rows: readonly SourceRow[],
): Broken {
  return new Broken({
    invariant: 'prefix',
    message: 'a wrong write',
    item,
    expected,
    actual,
    events: rows.map(tell),
  });
}
