import { isUtf8 } from 'node:buffer';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoder } from '../../shared/records/format.ts';
import { RecordFault } from '../../shared/records/types.ts';
import { column, decodeAll, refusal } from './columns.ts';

const columns = [column('VARCHAR(50)', '$.a.b'), column('VARCHAR(50)', '$.list[1]')];

/** What JSON.parse would say of the same bytes. */
function expected(bytes: Buffer): string | null {
  if (!isUtf8(bytes)) return 'BAD_ENCODING';
  try {
    const value: unknown = JSON.parse(bytes.toString());
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? null : 'BAD_FORMAT';
  } catch {
    return 'BAD_JSON';
  }
}

describe('the scanner takes what JSON.parse takes', () => {
  const texts = [
    '{}',
    ' \t\r\n{ "a" : { "b" : 1 } , "list" : [ 1 , 2 ] } \n',
    '{"a":{"b":"\\ud800"}}',
    '{"a":"\\u0000\\"\\\\\\/\\b\\f\\n\\r\\t\\uD83D\\uDE00"}',
    '{"x":1e999,"y":-0,"z":-0.0e+00,"w":0,"v":1E5}',
    '{"":"","\\u0061":1,"é":"日本語","😀":"\u007f"}',
    '{"a":{"b":[[],{},[[{}]],{"c":[]}]},"list":[]}',
    '{"a":true,"b":false,"c":null}',
    '',
    ' ',
    '{',
    '}',
    '{"a"',
    '{"a":',
    '{"a":1',
    '{"a":1,',
    '{"a":1,}',
    '{,}',
    '{"a" 1}',
    '{"a":1 "b":2}',
    '{"a":1}}',
    '{"a":1} x',
    '{"a":1}{"a":2}',
    "{'a':1}",
    '{a:1}',
    '{1:1}',
    '{"a":01}',
    '{"a":00}',
    '{"a":-}',
    '{"a":-01}',
    '{"a":+1}',
    '{"a":1.}',
    '{"a":.5}',
    '{"a":1e}',
    '{"a":1e+}',
    '{"a":0x1}',
    '{"a":1_0}',
    '{"a":NaN}',
    '{"a":Infinity}',
    '{"a":undefined}',
    '{"a":tru}',
    '{"a":truee}',
    '{"a":True}',
    '{"a":fals}',
    '{"a":nul',
    '{"a":[1,]}',
    '{"a":[,1]}',
    '{"a":[1 2]}',
    '{"a":[1}}',
    '{"a":{"b":1]}',
    '{"list":[1,]}',
    '{"list":[1 2]}',
    '{"list":[1,2}',
    '{"list":[',
    '{"a":{"b":1,}}',
    '{"a":"\n"}',
    '{"a":"\u001f"}',
    '{"a\n":1}',
    '{"a":"\\x"}',
    '{"a":"\\u12"}',
    '{"a":"\\u12G4"}',
    '{"a":"\\u123G"}',
    '{"a":"\\"}',
    '{"a":"abc}',
    '{"a":"abc\\',
    '\ufeff{}',
    '{}\ufeff',
    '{\u00a0}',
    '{"a":1}\u0000',
    '// {}',
    '{/**/}',
    '[]',
    '[{}]',
    '"a"',
    '1',
    'null',
    'true x',
  ];
  it.each(texts.map((text) => [text]))('%j', (text) => {
    expect(refusal('json', columns, text)).toBe(expected(Buffer.from(text)));
  });

  it.each([
    ['a stray byte in a string', '{"a":"\xff"}'],
    ['an overlong form', '{"a":"\xc0\xaf"}'],
    ['a surrogate in UTF-8', '{"a":"\xed\xa0\x80"}'],
    ['a cut sequence', '{"a":"\xe6\x97"}'],
    ['a stray byte in a key', '{"\x80":1}'],
    ['a stray byte between tokens', '{\x80}'],
    ['a stray byte in a long text', '{"a":"\x80 and then many more characters"}'],
    ['a stray byte before what is read', '{"z":"\xff","a":{"b":"x"}}'],
    ['a stray byte in what nobody reads', '{"z":{"y":["\xff"]}}'],
  ])('refuses %s as BAD_ENCODING', (_, text) => {
    expect(refusal('json', columns, Buffer.from(text, 'latin1'))).toBe('BAD_ENCODING');
  });

  it('agrees on damaged texts', () => {
    const edit = fc.record({
      at: fc.nat(),
      cut: fc.integer({ min: 0, max: 3 }),
      put: fc.constantFrom(
        '',
        '"',
        '\\',
        ',',
        ':',
        '{',
        '}',
        '[',
        ']',
        '0',
        '-',
        '.',
        'e',
        ' ',
        '\n',
        'é',
      ),
    });
    const damaged = fc
      .tuple(fc.json({ maxDepth: 4 }), fc.array(edit, { maxLength: 3 }))
      .map(([json, edits]) => {
        let text = `{"a":{"b":${json}},"list":[0,${json}],"z":${json}}`;
        for (const { at, cut, put } of edits) {
          const from = at % text.length;
          text = text.slice(0, from) + put + text.slice(from + cut);
        }
        return Buffer.from(text);
      });
    const decoder = createDecoder('json', columns);
    fc.assert(
      fc.property(damaged, (bytes) => {
        expect(refusal('json', columns, bytes)).toBe(expected(bytes));
        const again = () => decoder.decode(bytes, 0, bytes.length, () => {}, 0);
        if (expected(bytes) === null) again();
        else expect(again).toThrow(RecordFault);
      }),
      { numRuns: 300 },
    );
  });

  it('agrees on every beginning of a record', () => {
    const whole = Buffer.from('{"a":{"b":"é\\u00e9\\n"},"list":[1.5e3,{"x":[true,null]}],"z":-0}');
    for (let end = 0; end <= whole.length; end++) {
      const bytes = whole.subarray(0, end);
      expect(refusal('json', columns, bytes)).toBe(expected(bytes));
    }
  });

  it('never reads past the record, whatever stands behind it', () => {
    const decoder = createDecoder('json', columns);
    const text = '{"a":{"b":"x"},"list":[0,"y"]}';
    const exact = Buffer.allocUnsafeSlow(text.length);
    exact.write(text);
    decoder.decode(exact, 0, exact.length, () => {}, 0); // from here on it guesses the keys
    for (let end = 0; end < exact.length; end++) {
      expect(() => decoder.decode(exact, 0, end, () => {}, 0)).toThrow(RecordFault);
      const alone = Buffer.allocUnsafeSlow(end);
      exact.copy(alone);
      expect(() => decoder.decode(alone, 0, end, () => {}, 0)).toThrow(RecordFault);
    }
  });
});

describe('depth', () => {
  const nested = (levels: number, open: string, close: string) =>
    `{"z":${open.repeat(levels - 1)}1${close.repeat(levels - 1)}}`;

  it('takes 1,000 levels and refuses 1,001, read or not', () => {
    for (const path of ['$.a', '$.z', '$.z[0]', '$.z.z']) {
      const columns = [column('VARCHAR(10)', path)];
      expect(refusal('json', columns, nested(1000, '[', ']'))).toBe(null);
      expect(refusal('json', columns, nested(1001, '[', ']'))).toBe('BAD_JSON');
      expect(refusal('json', columns, nested(1000, '{"z":', '}'))).toBe(null);
      expect(refusal('json', columns, nested(1001, '{"z":', '}'))).toBe('BAD_JSON');
    }
  });

  it('says so', () => {
    const text = `{"z":${'['.repeat(100_000)}`;
    expect(() => decodeAll('json', columns, text)).toThrow(
      /nested deeper than 1000 levels at byte/,
    );
  });
});

describe('messages', () => {
  it('say where, and never quote the record', () => {
    const decode = (text: string) => () => decodeAll('json', columns, text);
    expect(decode('{"secret" 1}')).toThrow("not valid JSON: ':' is expected at byte 10");
    expect(decode('{"a":"secret')).toThrow('not valid JSON: ends in a string at byte 12');
    expect(decode('{"a":1;"secret":1}')).toThrow(
      "not valid JSON: ',' or '}' is expected at byte 6",
    );
  });
});

describe('a record that ends where a value should stand', () => {
  it.each(['-', '1', '"', ' '])('is refused in the same words with %j behind it', (behind) => {
    const text = '{"n":';
    const message = (more: string): string => {
      const buf = Buffer.from(text + more);
      const decoder = createDecoder('json', [column('BIGINT', '$.n')]);
      try {
        decoder.decode(buf, 0, text.length, () => {}, 0);
      } catch (error) {
        return (error as RecordFault).message;
      }
      return 'taken';
    };
    expect(message(behind)).toBe(message(''));
  });
});
