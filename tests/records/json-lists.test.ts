import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoder } from '../../shared/records/format.ts';
import { MOST_ROWS } from '../../shared/records/row-list.ts';
import { column, decodeAll, refusal } from './columns.ts';

const columns = [column('BIGINT', '$.id'), column('VARCHAR(9)', '$.user.name')];

describe('ndjson', () => {
  it.each([
    [
      '{"id":1}\n{"id":2,"user":{"name":"é"}}\n',
      [
        [0, 1, null],
        [0, 2, 'é'],
      ],
    ],
    ['{"id":1}', [[0, 1, null]]],
    [
      '\r\n{"id":1}\r\n\r\n{"id":2}',
      [
        [0, 1, null],
        [0, 2, null],
      ],
    ],
    [
      '{"id":1}{"id":2}',
      [
        [0, 1, null],
        [0, 2, null],
      ],
    ],
    [
      '{\n "id": 1\n}\n{\n "id": 2\n}\n',
      [
        [0, 1, null],
        [0, 2, null],
      ],
    ],
  ])('%j', (text, rows) => {
    expect(decodeAll('ndjson', columns, text)).toEqual(rows);
  });

  it('gives a row for each element of a list, in each object', () => {
    const listed = [column('BIGINT', '$.id'), column('BIGINT', '$.list[0:].x')];
    const text = '{"id":1,"list":[{"x":1},{"x":2}]}\n{"id":2}\n{"id":3,"list":[{"x":3}]}';
    expect(decodeAll('ndjson', listed, text)).toEqual([
      [0, 1, 1],
      [0, 1, 2],
      [0, 3, 3],
    ]);
  });

  it.each([
    ['', 'BAD_JSON'],
    [' \n', 'BAD_JSON'],
    ['{"id":1}\n[]', 'BAD_FORMAT'],
    ['{"id":1}\n7', 'BAD_FORMAT'],
    ['{"id":1},{"id":2}', 'BAD_JSON'],
    ['{"id":1}\n{"id":', 'BAD_JSON'],
    ['{"id":1}\n{"id":"x"}', 'BAD_TYPE'],
    [Buffer.from('{"id":"x"}\n{"x":"\xff"}', 'latin1'), 'BAD_ENCODING'],
    ['{}'.repeat(MOST_ROWS + 1), 'BAD_FORMAT'],
  ])('refuses the whole record %#', (text, reason) => {
    expect(refusal('ndjson', columns, text)).toBe(reason);
  });
});

describe('json-array', () => {
  it.each([
    [
      '[{"id":1},{"id":2,"user":{"name":"é"}}]',
      [
        [0, 1, null],
        [0, 2, 'é'],
      ],
    ],
    [' [ {} ] ', [[0, null, null]]],
    ['[]', []],
  ])('%j', (text, rows) => {
    expect(decodeAll('json-array', columns, text)).toEqual(rows);
  });

  it.each([
    ['', 'BAD_JSON'],
    ['[{"id":1}', 'BAD_JSON'],
    ['[{"id":1}] x', 'BAD_JSON'],
    ['{"id":1}', 'BAD_FORMAT'],
    ['[{"id":1},2]', 'BAD_FORMAT'],
    ['[[]]', 'BAD_FORMAT'],
    ['[{"id":1},{"id":true},{"id":"x"}]', 'BAD_TYPE'],
    [Buffer.from('[{"x":"\xff"}]', 'latin1'), 'BAD_ENCODING'],
    [`[${'{},'.repeat(MOST_ROWS)}{}]`, 'BAD_FORMAT'],
  ])('refuses the whole record %#', (text, reason) => {
    expect(refusal('json-array', columns, text)).toBe(reason);
  });

  it('has no room for a list in the list', () => {
    const inner = [column('BIGINT', '$.list[0:].x')];
    expect(() => createDecoder('json-array', inner)).toThrow('only one can give a row');
  });
});

describe('the same objects in each form', () => {
  const objects = fc.array(
    fc.record(
      { id: fc.maxSafeInteger(), user: fc.record({ name: fc.string({ maxLength: 9 }) }) },
      { requiredKeys: [] },
    ),
    { minLength: 1, maxLength: 6 },
  );

  it('give the same rows', () => {
    fc.assert(
      fc.property(objects, fc.constantFrom('', '\n', '\r\n'), (list, end) => {
        const expected = list.map(({ id, user }) => [
          0,
          id ?? null,
          user?.name.toWellFormed() ?? null,
        ]);
        const texts = list.map((one) => JSON.stringify(one));
        expect(texts.flatMap((text) => decodeAll('json', columns, text))).toEqual(expected);
        expect(decodeAll('ndjson', columns, texts.join(end))).toEqual(expected);
        expect(decodeAll('json-array', columns, `[${texts.join(',')}]`)).toEqual(expected);
      }),
      { numRuns: 300 },
    );
  });
});
