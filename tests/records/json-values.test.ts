import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoder } from '../../shared/records/format.ts';
import { scanRecord } from '../../shared/records/json/record.ts';
import { newScan } from '../../shared/records/json/scan.ts';
import { wantedPlaces } from '../../shared/records/json/wanted.ts';
import { MOST_ROWS } from '../../shared/records/row-list.ts';
import { column, decodeAll, refusal } from './columns.ts';

const text = (path: string) => column('VARCHAR(1000)', path);
const values = (paths: string[], record: string) =>
  decodeAll('json', paths.map(text), record)[0]!.slice(1);

describe('paths', () => {
  const record =
    '{"a":{"b":1,"c d":[10,[20,{"e":"x"}]],"é":"y","":"z","q\'\\"":2},"k.l":3,"x-y":4}';
  it.each([
    ['$.a.b', '1'],
    ["$['a']['b']", '1'],
    ['$["a"].b', '1'],
    ["$.a['c d'][0]", '10'],
    ["$.a['c d'][1][1].e", 'x'],
    ["$.a['c d']", '[10,[20,{"e":"x"}]]'],
    ["$.a['c d'][2]", null],
    ["$.a['c d'].b", null],
    ['$.a[0]', null],
    ['$.a.é', 'y'],
    ["$.a['']", 'z'],
    ["$.a['q\\'\"']", '2'],
    ["$['k.l']", '3'],
    ['$.x-y', '4'],
    ['$.nothing.at.all', null],
    ['$.a.b.c', null],
    ['$', record],
  ])('%s', (path, value) => {
    expect(values([path], record)).toEqual([value]);
    // Together with all the others in one tree:
    const all = ['$.a', '$.a.b', "$.a['c d'][0]", path, "$.a['c d']", '$.a.b.c'];
    expect(values(all, record)[3]).toEqual(value);
  });

  it('finds keys that are written with escapes', () => {
    expect(values(['$.ab', '$.é'], '{"\\u0061b":1,"\\u00e9":2}')).toEqual(['1', '2']);
  });

  it.each([
    'a',
    '$a',
    '$.',
    '$..a',
    '$.a b',
    '$.a[',
    '$.a[-1]',
    '$.a[*]',
    "$['a",
    '$.a[0:].b[0:].c',
    '$.*',
  ])('refuses %s, naming the column', (path) => {
    expect(() => createDecoder('json', [text(path)])).toThrow(/^column C: path /);
  });
});

describe('repeated keys: the last one counts', () => {
  it.each([
    ['{"a":1,"a":2}', ['2', null]],
    ['{"a":{"b":1},"a":{"c":1}}', ['{"c":1}', null]],
    ['{"a":{"b":1},"a":null}', [null, null]],
    ['{"a":{"b":1,"b":3}}', ['{"b":1,"b":3}', '3']],
    ['{"a":{"b":1},"\\u0061":{"b":2}}', ['{"b":2}', '2']],
  ])('%s', (record, expected) => {
    expect(values(['$.a', '$.a.b'], record)).toEqual(expected);
  });

  it('judges only the value that counts', () => {
    expect(decodeAll('json', [column('INTEGER', '$.a')], '{"a":"x","a":1}')).toEqual([[0, 1]]);
  });

  it('also with lists', () => {
    const columns = [text('$.list[0:].x'), text('$.k')];
    expect(decodeAll('json', columns, '{"list":[{"x":1},{"x":2}],"list":[{"x":3}],"k":0}')).toEqual(
      [[0, '3', '0']],
    );
    expect(decodeAll('json', columns, '{"list":[{"x":1}],"list":null}')).toEqual([]);
  });
});

describe('a row for each element', () => {
  const columns = [text('$.id'), text('$.list[0:].x'), text('$.list[0:].y.z'), text('$.list[0].x')];
  it('repeats what stands outside the list, before or behind it', () => {
    const record = '{"list":[{"x":1,"x":5},{"y":{"z":2}},3],"id":7}';
    expect(decodeAll('json', columns, record)).toEqual([
      [0, '7', '5', null, '5'],
      [0, '7', null, '2', '5'],
      [0, '7', null, null, '5'],
    ]);
  });

  it('gives none for an empty or missing list, and refuses what is no list', () => {
    expect(decodeAll('json', columns, '{"id":1,"list":[]}')).toEqual([]);
    expect(decodeAll('json', columns, '{"id":1}')).toEqual([]);
    expect(refusal('json', columns, '{"list":{"x":1}}')).toBe('BAD_FORMAT');
  });

  it('gives all rows or none', () => {
    const rows: unknown[] = [];
    const decoder = createDecoder('json', [column('INTEGER', '$.list[0:].x')]);
    const buf = Buffer.from('{"list":[{"x":1},{"x":"no number"}]}');
    expect(() => decoder.decode(buf, 0, buf.length, (row) => rows.push(row), 0)).toThrow(
      'column C',
    );
    expect(rows).toEqual([]);
  });

  it('has room for many, and bounds them', () => {
    const list = (n: number) => Array.from({ length: n }, (_, i) => `{"x":${i}}`).join();
    const rows = decodeAll('json', columns, `{"id":7,"list":[${list(1000)}]}`);
    expect(rows).toEqual(rows.map((_, i) => [0, '7', String(i), null, '0']));
    expect(rows.length).toBe(1000);
    expect(refusal('json', columns, `{"list":[${list(MOST_ROWS + 1)}]}`)).toBe('BAD_FORMAT');
  });

  it('takes one list only; [0:] at the end is the text of the list', () => {
    expect(() => createDecoder('json', [text('$.a[0:].x'), text('$.b[0:].x')])).toThrow(
      'two lists',
    );
    expect(values(['$.list[0:]'], '{"list":[1, 2]}')).toEqual(['[1, 2]']);
  });
});

describe('text', () => {
  it('is what JSON.parse gives, in well-formed Unicode', () => {
    const unit = fc.oneof(fc.nat(0x7f), fc.nat(0xffff), fc.integer({ min: 0xd800, max: 0xdfff }));
    const strings = fc.array(unit, { maxLength: 60 }).map((units) => String.fromCharCode(...units));
    fc.assert(
      fc.property(strings, fc.boolean(), (string, escaped) => {
        const json = JSON.stringify({ a: { b: string } });
        const hex = (c: string) => c.charCodeAt(0).toString(16).padStart(4, '0');
        const written = escaped ? json.replace(/[^\0-~]/g, (c) => `\\u${hex(c)}`) : json;
        expect(values(['$.a.b'], written)).toEqual([string.toWellFormed()]);
      }),
      { numRuns: 300 },
    );
  });

  it('of any length and neighbourhood is read whole, again and again', () => {
    for (let length = 0; length <= 70; length++) {
      for (const fill of ['a', 'b', 'é', '"']) {
        const string = fill.repeat(length);
        const record = JSON.stringify({ x: string, a: { b: `${string}1` }, y: [string] });
        expect(values(['$.a.b', '$.y[0]', '$.x'], record)).toEqual([`${string}1`, string, string]);
      }
    }
  });
});

describe('any object', () => {
  it('gives the values of JSON.parse at every path', () => {
    const key = fc.constantFrom('a', 'b', 'long key', 'é', '');
    const { tree } = fc.letrec((tie) => ({
      tree: fc.oneof(
        { maxDepth: 4 },
        fc.string({ maxLength: 12 }),
        fc.integer(),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        fc.boolean(),
        fc.constant(null),
        fc.array(tie('tree'), { maxLength: 3 }),
        fc.dictionary(key, tie('tree'), { maxKeys: 4 }),
      ),
    }));
    const steps = fc.array(fc.oneof(key, fc.nat(2)), { minLength: 1, maxLength: 4 });
    const records = fc.dictionary(key, tree, { maxKeys: 5 });
    fc.assert(
      fc.property(
        records,
        fc.array(steps, { maxLength: 5 }),
        fc.boolean(),
        (record, paths, wide) => {
          const columns = paths.map((path) =>
            text(`$${path.map((s) => `[${JSON.stringify(s)}]`).join('')}`),
          );
          const json = JSON.stringify(record, null, wide ? 2 : 0);
          const [row] = decodeAll('json', columns, json);
          paths.forEach((path, i) => {
            const value = lookUp(JSON.parse(json), path);
            const got = row![i + 1];
            if (typeof value === 'string') expect(got).toBe(value.toWellFormed());
            else if (value === undefined || value === null) expect(got).toBe(null);
            else expect(JSON.parse(got as string)).toEqual(value);
          });
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a decoder', () => {
  it('reads each record as if it were the first, whatever stood in those before', () => {
    const keys = ['a', 'b', 'bb', 'long key', 'long kez', 'é', '', 'x"', 'n'];
    const columns = ['a', 'long key', 'é', '', 'x"'].map((key) => text(`$['${key}']`));
    columns.push(text("$.a['long key']"), text('$.bb.a'));
    const member = fc.tuple(
      fc.oneof(fc.constantFrom(...keys), fc.string({ maxLength: 3 })),
      fc.oneof(
        fc.string({ maxLength: 9 }),
        fc.nat(),
        fc.constantFrom({ a: 1 }, { 'long key': [2] }),
      ),
      fc.constantFrom('', ' ', '\\u'),
    );
    const record = fc.array(member, { maxLength: 8 }).map((members) => {
      const written = members.map(([key, value, style]) => {
        const name = JSON.stringify(key);
        const put = style === '\\u' ? name.replace('a', '\\u0061') : `${name}${style}`;
        return `${put}:${style.trim() === '' ? style : ''}${JSON.stringify(value)}`;
      });
      return `{${written.join(',')}}`;
    });
    // One decoder for all: it has learned, by the end, all the keys that it can.
    const decoder = createDecoder('json', columns);
    fc.assert(
      fc.property(fc.array(record, { maxLength: 6 }), (records) => {
        for (const json of records) {
          const buf = Buffer.from(json);
          const rows: unknown[] = [];
          decoder.decode(buf, 0, buf.length, (row) => rows.push(row), 0);
          expect(rows).toEqual(decodeAll('json', columns, json));
        }
      }),
      { numRuns: 300 },
    );
  });

  it('learns a bounded number of keys', () => {
    const wanted = wantedPlaces([[{ key: 'a' }]]);
    const scan = newScan(wanted);
    for (let i = 0; i < 1000; i++) {
      const buf = Buffer.from(`{"key ${i}":1,"${'x'.repeat(1000)}${i}":2,"a":3}`);
      scanRecord(scan, buf, 0, buf.length);
    }
    expect(wanted.root.learned).toBe(64);
    expect(wanted.root.byLength.length).toBeLessThan(100);
  });
});

function lookUp(value: unknown, path: readonly (string | number)[]): unknown {
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    if (Array.isArray(value) !== (typeof step === 'number')) return undefined;
    if (!Object.hasOwn(value, step)) return undefined;
    value = (value as Record<string | number, unknown>)[step];
  }
  return value;
}
