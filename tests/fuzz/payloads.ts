import { gunzipSync, gzipSync } from 'node:zlib';
import fc from 'fast-check';

/** Texts that go into a JSON string as they are: escapes, other planes, marks, control characters. */
const INSIDE_A_STRING = [
  'x',
  'aé鍵🔑',
  '\\u0000',
  '\\ud800',
  '\\udc00\\ud83d',
  '\\ud83d\\ude00',
  '\\"\\\\\\/\\b\\f\\n\\r\\t',
  '\ufeff',
  '\u2028\u202e',
  '\ufffd',
  '2024-01-02T03:04:05Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+23:59',
  '9999-12-31T23:59:59.999999999Z',
  '9999-12-31T23:59:59-00:01',
  '+010000-01-01T00:00:00Z',
  '2024-02-30T00:00:00Z',
  '-1',
  '1e400',
  'true',
  'NaN',
  '-0',
  ' 1',
  '٣',
];

/** What is no JSON in a string, and no value. */
const NO_STRING = ['\\x', '\\u12', '\n', '"', '\\'];
const NO_VALUE = [
  '01',
  '+1',
  '.5',
  '1.',
  '1e',
  '-',
  'Infinity',
  'nul',
  'True',
  'undefined',
  '',
  '}',
];

/** Numbers of JSON, at and past every limit. */
const NUMBERS = [
  '0',
  '-0',
  '1',
  '-1',
  '0.1',
  '1.5e3',
  '127',
  '-129',
  '2147483648',
  '-9223372036854775808',
  '9223372036854775808',
  '9007199254740991',
  '9007199254740993',
  '1704164645678',
  '1e15',
  '8640000000000001',
  '-62135596800001',
  '253402300800000',
  '1e400',
  '-1e400',
  '1e-400',
  '5e-324',
  '1e999999999999999999999',
  `1e-${'9'.repeat(400)}`,
  `1e${'9'.repeat(400)}`,
  '123456789012345678901234567890123456789012345678901234567890',
  `0.${'0'.repeat(60)}1`,
];

const written = fc.string({ unit: 'binary', maxLength: 60 });
const part = fc.oneof(
  { weight: 40, arbitrary: fc.constantFrom(...INSIDE_A_STRING) },
  { weight: 20, arbitrary: written.map((text) => JSON.stringify(text).slice(1, -1)) },
  { weight: 1, arbitrary: fc.constantFrom(...NO_STRING) },
  { weight: 1, arbitrary: written },
);
const string = fc.array(part, { maxLength: 3 }).map((parts) => `"${parts.join('')}"`);
const number = fc.oneof(
  fc.constantFrom(...NUMBERS),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map(String),
  fc.integer().map(String),
);
const word = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom('true', 'false', 'null') },
  { weight: 1, arbitrary: fc.constantFrom(...NO_VALUE) },
);
const deep = fc
  .tuple(fc.constantFrom(3, 998, 999, 1000, 1001, 20_000), fc.constantFrom('[]', '{}'))
  .map(([levels, [open, close]]) =>
    open === '['
      ? `${open}`.repeat(levels) + `${close}`.repeat(levels)
      : `${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`,
  );
const blank = fc.oneof(
  { weight: 60, arbitrary: fc.constantFrom('', '', ' ', '\t', '\r\n') },
  { weight: 1, arbitrary: fc.constantFrom('\f', '\u00a0') },
);

/** JSON text whose keys come from `names` half of the time, twice now and then. */
export function jsonText(names: readonly string[]): fc.Arbitrary<string> {
  const key = fc.oneof(
    fc.constantFrom(...names).map((name) => `"${name}"`),
    fc.constantFrom('""', '"__proto__"', '"constructor"', '"\\u0061"', '"é"', '"\\ud800"'),
    string,
  );
  const { value } = fc.letrec<{ value: string; object: string; list: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4, withCrossShrink: true },
      number,
      string,
      word,
      tie('object'),
      tie('list'),
    ),
    object: fc
      .array(fc.tuple(key, blank, tie('value')), { maxLength: 6 })
      .map((members) => `{${members.map(([name, b, v]) => `${b}${name}:${b}${v}`).join(',')}}`),
    list: fc.array(tie('value'), { maxLength: 4 }).map((values) => `[${values.join(',')}]`),
  }));
  const member = fc.tuple(key, fc.oneof({ weight: 12, arbitrary: value }, deep));
  return fc
    .tuple(blank, fc.array(member, { maxLength: 8 }), blank)
    .map(([b, list, c]) => `${b}{${list.map(([k, v]) => `${k}:${c}${v}`).join(',')}}${b}`);
}

/** Bytes that are no UTF-8: stray, cut, overlong, surrogates, past the last character. */
const NO_UTF8 = [
  'ff',
  'c3',
  'e697',
  'c0af',
  'e080af',
  'f08080af',
  'eda080',
  'f4908080',
  'f8888080',
];

interface Damage {
  readonly kind: 'none' | 'cut' | 'flip' | 'insert' | 'mark';
  readonly at: number;
  readonly bytes: string;
}

const damage: fc.Arbitrary<Damage> = fc.record({
  kind: fc.oneof(
    { weight: 12, arbitrary: fc.constant('none' as const) },
    { weight: 4, arbitrary: fc.constantFrom('cut', 'flip', 'insert', 'mark') },
  ),
  at: fc.double({ min: 0, max: 1, noNaN: true }),
  bytes: fc.constantFrom(...NO_UTF8, '00', '22', '5c', '0a', '7b', '5d'),
});

/** A text as bytes: whole, or cut, or with a byte changed or put in at any place. */
export function damaged(text: fc.Arbitrary<string>): fc.Arbitrary<Buffer> {
  return fc.tuple(text, damage).map(([written, { kind, at, bytes }]) => {
    const whole = Buffer.from(written);
    const place = Math.floor(at * whole.length);
    if (kind === 'none') return whole;
    if (kind === 'cut') return whole.subarray(0, place);
    if (kind === 'mark') return Buffer.concat([Buffer.from('\ufeff'), whole]);
    const from = kind === 'flip' ? place + 1 : place;
    return Buffer.concat([
      whole.subarray(0, place),
      Buffer.from(bytes, 'hex'),
      whole.subarray(from),
    ]);
  });
}

const splices = fc.array(
  fc.record({
    at: fc.nat(),
    cut: fc.nat({ max: 12 }),
    instead: fc.oneof(
      fc.constantFrom(...NO_UTF8).map((hex) => Buffer.from(hex, 'hex')),
      fc
        .constantFrom(...NUMBERS, ...INSIDE_A_STRING, ...NO_VALUE, ...'"\',;|[]{}<>\\\r\0')
        .map((text) => Buffer.from(text)),
      fc.uint8Array({ maxLength: 4 }).map((list) => Buffer.from(list)),
    ),
  }),
  { maxLength: 4 },
);

/** A record with pieces cut out and others put in; a packed one packed again, or itself altered. */
export function altered(record: Buffer): fc.Arbitrary<Buffer> {
  const isPacked = record[0] === 0x1f && record[1] === 0x8b && record.length > 18;
  return fc.tuple(splices, fc.boolean()).map(([list, inside]) => {
    if (!isPacked || !inside) return spliced(record, list);
    return gzipSync(spliced(gunzipSync(record), list));
  });
}

function spliced(
  record: Buffer,
  list: readonly { readonly at: number; readonly cut: number; readonly instead: Buffer }[],
): Buffer {
  return list.reduce((data, { at, cut, instead }) => {
    const from = at % (data.length + 1);
    return Buffer.concat([data.subarray(0, from), instead, data.subarray(from + cut)]);
  }, record);
}

export const bytes: fc.Arbitrary<Buffer> = fc
  .uint8Array({ maxLength: 200 })
  .map((list) => Buffer.from(list));

const host = fc.constantFrom('192.0.2.1', '-', '::1', 'h'.repeat(300), 'é', '');
const user = fc.constantFrom('-', 'jo', 'jo doe', '[x]', '"', '\\"');
const clock = fc.constantFrom(
  '17/May/2015:10:05:03 +0000',
  '31/Feb/2015:10:05:03 +0000',
  '01/Jan/0001:00:00:00 +2359',
  '31/Dec/9999:23:59:60 -0001',
  '17/May/2015:10:05:03',
  '-',
);
const quoted = fc.constantFrom(
  '"GET / HTTP/1.1"',
  '"GET /a b?q=\\"x\\" HTTP/1.1"',
  '"-"',
  '""',
  '"\\x16\\x03"',
  '"GET /\\xff HTTP/1.1"',
  '"GET /é🔑 HTTP/2"',
  '"GET',
  'GET"',
);
const digits = fc.constantFrom('200', '-', '0', '99999999999999999999', '-1', 'x', '');
const logLine = fc
  .tuple(host, user, clock, quoted, digits, digits, fc.array(quoted, { maxLength: 3 }))
  .map(([h, u, t, q, s, b, rest]) => [h, '-', u, `[${t}]`, q, s, b, ...rest].join(' '));

/** Lines of an access log, well-formed more or less. */
export const logText: fc.Arbitrary<string> = fc
  .tuple(fc.array(logLine, { maxLength: 4 }), fc.constantFrom('\n', '\r\n', '\n\n', '\r'))
  .map(([lines, end]) => lines.join(end));

const TRAIL = ['eventVersion', 'eventTime', 'sourceIPAddress', 'userIdentity', 'Records', 'detail'];

/** CloudTrail events in all their wrappings, and what only looks like one. */
export function trailText(names: readonly string[]): fc.Arbitrary<string> {
  const event = jsonText([...TRAIL, 'detail-type', ...names]);
  const versioned = event.map((text) =>
    text.replace('{', '{"eventVersion":"1.08",').replace(',}', '}'),
  );
  const either = fc.oneof(event, versioned);
  return fc.oneof(
    either,
    fc.array(either, { maxLength: 4 }).map((list) => `{"Records":[${list.join(',')}]}`),
    fc
      .tuple(either, event)
      .map(([one, other]) => `{"detail-type":"x","detail":${one},"y":${other}}`),
  );
}

/** The levels of brackets outside strings; those of a value that an equal key replaces count too. */
export function depthOf(text: string): number {
  const brackets = text.replaceAll(/"(?:[^"\\]|\\.)*"/gs, '');
  let depth = 0;
  let deepest = 0;
  for (const c of brackets) {
    if (c === '{' || c === '[') deepest = Math.max(deepest, ++depth);
    if (c === '}' || c === ']') depth--;
  }
  return deepest;
}
