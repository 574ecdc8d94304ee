import { describe, expect, it } from 'vitest';
import { checkProgram } from '../../shared/sql/check/check.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import type { Column } from '../../shared/sql/types.ts';

const COLUMNS: Column[] = ['a', 'b', 'c'].map((name) => ({ name, type: { name: 'INTEGER' } }));

const counts = (name: string, column: string, more = ''): string => `
  CREATE STREAM "${name}" ("k" INTEGER, "n" BIGINT);
  CREATE PUMP "${name}_PUMP" AS INSERT INTO "${name}"
  SELECT STREAM s."${column}", COUNT(*) FROM "S" AS s ${more}
  GROUP BY s."${column}", STEP(s.ROWTIME BY INTERVAL '1' MINUTE);`;

function generation(program: string, stream: string, columns = COLUMNS): string {
  const { plan } = checkProgram(program, { sources: [{ name: 'S', columns }] });
  return arrange(plan!).generation(stream);
}

describe('the generation of a stream', () => {
  const alone = generation(counts('OF_C', 'c'), 'OF_C');

  it('stays while other pumps come and go, whatever columns they read', () => {
    expect(generation(counts('OF_A', 'a') + counts('OF_C', 'c'), 'OF_C')).toBe(alone);
    expect(generation(counts('OF_C', 'c') + counts('OF_B', 'b'), 'OF_C')).toBe(alone);
  });

  it.each([
    ['another column', generation(counts('OF_C', 'b'), 'OF_C')],
    ['another filter', generation(counts('OF_C', 'c', 'WHERE s."c" > 0'), 'OF_C')],
    ['another literal in it', generation(counts('OF_C', 'c', 'WHERE s."c" > 1'), 'OF_C')],
  ])('is another one with %s', (_, other) => {
    expect(other).not.toBe(alone);
  });

  it('stays with another type of a column: a mended schema goes on in the same rows', () => {
    const wider = COLUMNS.map((c): Column => ({ ...c, type: { name: 'BIGINT' } }));
    expect(generation(counts('OF_C', 'c'), 'OF_C', wider)).toBe(alone);
  });

  it('is another one when a stream before it changes', () => {
    const chain = (filter: string): string => `
      CREATE STREAM "M" ("k" INTEGER);
      CREATE PUMP "M_PUMP" AS INSERT INTO "M" SELECT STREAM s."a" FROM "S" AS s WHERE ${filter};
      CREATE STREAM "OUT_" ("n" BIGINT);
      CREATE PUMP "OUT_PUMP" AS INSERT INTO "OUT_"
      SELECT STREAM COUNT(*) FROM "M" GROUP BY STEP("M".ROWTIME BY INTERVAL '1' MINUTE);`;
    expect(generation(chain('s."a" > 0'), 'OUT_')).not.toBe(generation(chain('s."a" > 1'), 'OUT_'));
  });
});
