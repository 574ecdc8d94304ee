import { expect, test } from 'vitest';
import { parseInputComments } from '../../shared/sql/input-comments.ts';

const PROGRAM = `-- tier F | 😀
/* a licence
   of two lines */
-- input: "FRIDGES_001" ("fridge" INTEGER, "celsius" DOUBLE)
  --INPUT : other (a VARCHAR(4) NOT NULL)\r
// -- input: no
-- reference: "Fridge Names" ("ward" VARCHAR(30))
CREATE STREAM s (a INT);
-- input: TOO_LATE (a INT)`;

test('streams and tables above the first statement', () => {
  const { inputs, references, errors } = parseInputComments(PROGRAM);
  expect(errors).toEqual([]);
  expect(inputs).toMatchObject([
    { name: 'FRIDGES_001', columns: [{ name: { text: 'fridge' } }, { type: { name: 'DOUBLE' } }] },
    { name: 'OTHER', columns: [{ name: { text: 'A' }, type: { args: [4] }, notNull: true }] },
  ]);
  expect(references).toMatchObject([
    { name: 'Fridge Names', columns: [{ name: { text: 'ward' } }] },
  ]);
});

test('places are places in the program', () => {
  const { inputs } = parseInputComments(PROGRAM);
  expect(inputs[0]!.at).toBe(PROGRAM.indexOf('"FRIDGES'));
  expect(inputs[0]!.columns[1]!.type.at).toBe(PROGRAM.indexOf('DOUBLE'));
});

test('one that does not parse is reported where it is wrong, the others are read', () => {
  const text = '-- input: S (a INT\n-- input: T (a INT)\n-- reference: R (a INT b INT)';
  const { inputs, references, errors } = parseInputComments(text);
  expect(inputs).toMatchObject([{ name: 'T' }]);
  expect(references).toEqual([]);
  expect(errors).toMatchObject([
    { code: 'SYNTAX', line: 1, column: 19 },
    { code: 'SYNTAX', line: 3, column: 24 },
  ]);
});

test('no comments, nothing', () => {
  expect(parseInputComments('')).toEqual({ inputs: [], references: [], errors: [] });
  expect(parseInputComments('-- input\n-- inputs: S (a INT)\nCREATE')).toMatchObject({
    inputs: [],
  });
});
