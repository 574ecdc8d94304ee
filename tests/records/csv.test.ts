import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoder } from '../../shared/records/format.ts';
import { MOST_ROWS } from '../../shared/records/row-list.ts';
import type { CsvOptions } from '../../shared/records/types.ts';
import { column, decodeAll, refusal } from './columns.ts';

const NAMES = ['a', 'b', 'c'];
const columns = NAMES.map((name) => column('VARCHAR(1000)', name));
const rows = (text: string | Buffer, options: CsvOptions = { columns: NAMES }) =>
  decodeAll({ csv: options }, columns, text).map((row) => row.slice(1));

describe('lines', () => {
  it.each<[string, (string | null)[][]]>([
    ['1,2,3', [['1', '2', '3']]],
    ['1,2,3\n', [['1', '2', '3']]],
    [
      '1,2,3\r\n4,5,6\r\n',
      [
        ['1', '2', '3'],
        ['4', '5', '6'],
      ],
    ],
    ['\n\r\n1,2,3\n\n', [['1', '2', '3']]],
    [',"",x', [[null, '', 'x']]],
    [' 1 , 2,3 ', [[' 1 ', ' 2', '3 ']]],
    ['"1,1","2\r\n2","3""3"""', [['1,1', '2\r\n2', '3"3"']]],
    ['"""","é","\\n"', [['"', 'é', '\\n']]],
    [',,', [[null, null, null]]],
    ['\ufeff1,2,3', [['1', '2', '3']]],
  ])('%j', (text, expected) => {
    expect(rows(text)).toEqual(expected);
  });

  it('with another delimiter and quote', () => {
    const text = "'1\t\"'\t2,2\t'it''s'";
    expect(rows(text, { columns: NAMES, delimiter: '\t', quote: "'" })).toEqual([
      ['1\t"', '2,2', "it's"],
    ]);
  });

  it('under a first line that names the fields, in any order, each record with its own', () => {
    const decoder = createDecoder({ csv: { header: 'first-line' } }, columns);
    const read = (text: string) => {
      const found: unknown[] = [];
      const buf = Buffer.from(text);
      decoder.decode(buf, 0, buf.length, (row) => found.push(row.slice(1)), 0);
      return found;
    };
    expect(read('a,b,c\n1,2,3')).toEqual([['1', '2', '3']]);
    expect(read('c,"b",x,a\n3,2,x,1\n,,,9\n')).toEqual([
      ['1', '2', '3'],
      ['9', null, null],
    ]);
    expect(read('a,b,c\n')).toEqual([]);
  });

  it('are converted: numbers, times, quoted numbers too', () => {
    const typed = [column('BIGINT', 'a'), column('TIMESTAMP', 'b', { unit: 's' })];
    const format = { csv: { columns: NAMES } };
    expect(decodeAll(format, typed, '"12",1777723200,x')).toEqual([[0, 12, 1_777_723_200_000]]);
    expect(refusal(format, typed, 'x,1,')).toBe('BAD_TYPE');
  });
});

describe('refuses', () => {
  it.each([
    ['', 'BAD_FORMAT'],
    ['\r\n\n', 'BAD_FORMAT'],
    ['1,2', 'BAD_FORMAT'],
    ['1,2,3,', 'BAD_FORMAT'],
    ['1,2,3\n4,5', 'BAD_FORMAT'],
    ['1,2,"3', 'BAD_FORMAT'],
    ['1,2,"3"x', 'BAD_FORMAT'],
    ['1,2,3"x"', 'BAD_FORMAT'],
    ['1,2,3\rx', 'BAD_FORMAT'],
    ['1,2,3\r', 'BAD_FORMAT'],
    [Buffer.from('1,2,\xff', 'latin1'), 'BAD_ENCODING'],
  ])('%j with %s', (text, reason) => {
    expect(refusal({ csv: { columns: NAMES } }, columns, text)).toBe(reason);
  });

  it('names the line and the counts, never what is in it', () => {
    expect(() => rows('1,2,3\n"4\n4",secret')).toThrow(/^line 2: number of fields is 2, not 3$/);
    expect(() => rows('1,2,"3\n3"\n\n1,secret')).toThrow(/^line 4: number of fields is 2, not 3$/);
  });

  it('a first line that lacks a column, and more fields or rows than there can be', () => {
    expect(() => rows('a,b\n1,2', { header: 'first-line' })).toThrow('no field for the column C');
    const wide = `${'x,'.repeat(20_000)}`;
    expect(refusal({ csv: { header: 'first-line' } }, columns, wide)).toBe('BAD_FORMAT');
    const many = (lines: number) => 'x\n'.repeat(lines);
    const one = { csv: { columns: ['a'] } };
    expect(refusal(one, columns.slice(0, 1), many(MOST_ROWS))).toBeNull();
    expect(refusal(one, columns.slice(0, 1), many(MOST_ROWS + 1))).toBe('BAD_FORMAT');
  });

  it.each<[CsvOptions, string]>([
    [{}, 'the fields have no names'],
    [{ columns: NAMES, header: 'first-line' }, 'both name the fields'],
    [{ columns: ['a', 'b', 'c', 'a'] }, "two fields have the name 'a'"],
    [{ columns: ['a', 'b'] }, "has no 'c'; it has a, b"],
    [{ columns: NAMES, delimiter: '"' }, 'the same character'],
    [{ columns: NAMES, delimiter: ';;' }, 'one ASCII character'],
    [{ columns: NAMES, quote: 'é' }, 'one ASCII character'],
    [{ columns: NAMES, delimiter: '\n' }, 'one ASCII character'],
  ])('%j, when the decoder is made', (options, message) => {
    expect(() => createDecoder({ csv: options }, columns)).toThrow(message);
  });
});

/** RFC 4180 once more, character by character: null for what it does not allow. */
function independently(text: string, count: number): (string | null)[][] | null {
  const lines: (string | null)[][] = [];
  let rest = text;
  while (rest !== '') {
    const empty = /^\r?\n/.exec(rest);
    if (empty) {
      rest = rest.slice(empty[0].length);
      continue;
    }
    const fields: (string | null)[] = [];
    for (;;) {
      const quoted = /^"((?:[^"]|"")*)"/.exec(rest);
      const plain = /^[^",\r\n]*/.exec(rest)!;
      rest = rest.slice((quoted ?? plain)[0].length);
      fields.push(quoted ? quoted[1]!.replace(/""/g, '"') : plain[0] || null);
      if (rest.startsWith(',')) rest = rest.slice(1);
      else break;
    }
    const end = /^(?:\r?\n|$)/.exec(rest);
    if (end === null || fields.length !== count) return null;
    rest = rest.slice(end[0].length);
    lines.push(fields);
  }
  return lines.length > 0 ? lines : null;
}

describe('any text', () => {
  const text = fc.string({
    unit: fc.constantFrom('a', 'é', ',', ',', '"', '"', '\n', '\r\n', '\r', ' '),
    maxLength: 30,
  });

  it('is read, or refused, as the specification has it', () => {
    fc.assert(
      fc.property(text, fc.integer({ min: 1, max: 3 }), (record, count) => {
        const names = NAMES.slice(0, count);
        const format = { csv: { columns: names } };
        const expected = independently(record, count);
        if (expected === null) {
          expect(refusal(format, columns.slice(0, count), record)).toBe('BAD_FORMAT');
        } else {
          const got = decodeAll(format, columns.slice(0, count), record);
          expect(got.map((row) => row.slice(1))).toEqual(expected);
        }
      }),
      { numRuns: 5000 },
    );
  });

  it('comes back as it was written', () => {
    const field = fc.string({ unit: fc.constantFrom('a', 'é', ',', '"', '\n', '\r', ' ', '日') });
    const lines = fc.array(fc.tuple(field, field, field), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(lines, fc.constantFrom('\n', '\r\n'), (table, end) => {
        const written = table.map((line) =>
          line.map((value) => `"${value.replaceAll('"', '""')}"`).join(','),
        );
        expect(rows(written.join(end))).toEqual(table);
      }),
      { numRuns: 500 },
    );
  });
});
