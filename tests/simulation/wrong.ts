import { type SourceRow, tell } from './model.ts';
import { Broken } from './violation.ts';

/** A wrong write, the rows that belong to its item, and those that should be in it by now. */
export function wrong(
  item: string,
  expected: string,
  actual: string,
  rows: readonly SourceRow[],
  due: readonly SourceRow[] = rows,
): Broken {
  return new Broken({
    invariant: 'prefix',
    message: 'a wrong write',
    item,
    expected,
    actual,
    events: rows.map((row) => ({ text: tell(row), isDue: due.includes(row) })),
  });
}
