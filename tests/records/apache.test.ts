import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { APACHE_FIELDS } from '../../shared/records/apache.ts';
import { createDecoder } from '../../shared/records/format.ts';
import { column, decodeAll, refusal } from './columns.ts';

const columns = APACHE_FIELDS.map((field) =>
  column(field === 'time' ? 'TIMESTAMP' : field === 'bytes' ? 'BIGINT' : 'VARCHAR(2000)', field),
);
const rows = (text: string) => decodeAll('apache', columns, text).map((row) => row.slice(1));
const row = (text: string) => rows(text)[0];
const line = (request: string) => `::1 - - [17/May/2015:10:05:03 +0000] "${request}" 200 5`;
const time = Date.UTC(2015, 4, 17, 10, 5, 3);

describe('lines', () => {
  it('in the combined format', () => {
    const text =
      '83.149.9.216 - frank [17/May/2015:10:05:03 +0200] "GET /a?b=c HTTP/1.1" 200 203023 "http://x/" "Mozilla/5.0 (X11)"\n';
    expect(rows(text)).toEqual([
      [
        '83.149.9.216',
        null,
        'frank',
        time - 7_200_000,
        'GET',
        '/a?b=c',
        'HTTP/1.1',
        '200',
        203023,
        'http://x/',
        'Mozilla/5.0 (X11)',
      ],
    ]);
  });

  it('in the common format, IPv6 and dashes', () => {
    expect(row('2001:db8::1 - - [17/May/2015:10:05:03 -0130] "-" - -')).toEqual([
      '2001:db8::1',
      null,
      null,
      time + 5_400_000,
      null,
      null,
      null,
      null,
      null,
      null,
      null,
    ]);
  });

  it('several in a record, with either line end', () => {
    const two = `${line('GET /1 HTTP/1.1')}\r\n\n${line('GET /2 HTTP/1.1')} "-" ""`;
    expect(rows(two).map((r) => [r[5], r[9], r[10]])).toEqual([
      ['/1', null, null],
      ['/2', null, ''],
    ]);
  });

  it('with escapes: quotes and backslashes as they were sent, the rest as written', () => {
    const text = `${line('GET /a\\"b HTTP/1.1')} "\\\\" "\\"é\\" \\xc3"`;
    expect(row(text)!.slice(4)).toEqual(['GET', '/a"b', 'HTTP/1.1', '200', 5, '\\', '"é" \\xc3']);
  });

  it('whose user has spaces and brackets', () => {
    const text = 'h i Ann [x] B. [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1';
    expect(row(text)?.slice(0, 4)).toEqual(['h', 'i', 'Ann [x] B.', time]);
  });

  it.each([
    ['GET / HTTP/1.1', 'GET', '/', 'HTTP/1.1'],
    ['GET /a b  c HTTP/1.0', 'GET', '/a b  c', 'HTTP/1.0'],
    ['GET /', 'GET', '/', null],
    ['GET /a b', 'GET', '/a b', null],
    ['\\x16\\x03\\x01', null, '\\x16\\x03\\x01', null],
    ['', null, '', null],
    ['-', null, null, null],
    [' ', null, ' ', null],
    ['GET ', null, 'GET ', null],
    ['GET HTTP/1.1', 'GET', 'HTTP/1.1', null],
  ])('request %j', (request, method, page, protocol) => {
    expect(row(line(request))!.slice(4, 7)).toEqual([method, page, protocol]);
  });
});

describe('refuses', () => {
  const good = '::1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "r" "a"';
  it.each([
    ['', 'BAD_FORMAT'],
    ['\n', 'BAD_FORMAT'],
    ['x', 'BAD_FORMAT'],
    [`${good} more`, 'BAD_FORMAT'],
    [` ${good}`, 'BAD_FORMAT'],
    [good.replace('[', ''), 'BAD_FORMAT'],
    [good.replace(']', ''), 'BAD_FORMAT'],
    [good.replace('200', '2x0'), 'BAD_FORMAT'],
    [good.replace('"a"', '"a'), 'BAD_FORMAT'],
    [good.replace('"a"', '"a\\"'), 'BAD_FORMAT'],
    [good.replace(' "a"', ''), 'BAD_FORMAT'],
    [good.replace('17/May', '31/Jun'), 'BAD_TYPE'],
    [good.replace('May', 'Mai'), 'BAD_TYPE'],
    [good.replace('10:05:03', '25:05:03'), 'BAD_TYPE'],
    [good.replace('17/May/2015:10:05:03 +0000', '01/Jan/0001:00:00:00 +0001'), 'BAD_TYPE'],
    [good.replace('17/May/2015:10:05:03 +0000', '31/Dec/9999:23:59:59 -0001'), 'BAD_TYPE'],
    [good.replace('+0000', '0000'), 'BAD_FORMAT'],
    [good.replace('+0000', '00000'), 'BAD_TYPE'],
    [`${good}\nx`, 'BAD_FORMAT'],
    [Buffer.from(`${good.slice(0, -1)}\xff"`, 'latin1'), 'BAD_ENCODING'],
  ])('%j with %s', (text, reason) => {
    expect(refusal('apache', columns, text)).toBe(reason);
  });

  it('every beginning of a line but the whole ones', () => {
    const whole: string[] = [];
    for (let end = 0; end <= good.length; end++) {
      if (refusal('apache', columns, good.slice(0, end)) === null) whole.push(good.slice(0, end));
    }
    expect(whole.map((text) => text.slice(good.indexOf('200')))).toEqual([
      '200 5',
      '200 5 ',
      '200 5 "r" "a"',
    ]);
  });

  it('unknown fields and times that are none, when the decoder is made', () => {
    expect(() => createDecoder('apache', [column('VARCHAR(9)', 'hots')])).toThrow("has no 'hots'");
    expect(() => createDecoder('apache', [column('TIMESTAMP', 'host')])).toThrow("'time'");
  });
});

/** The format once more, as a regular expression. */
const LINE =
  /^(\S+) (\S+) (.+?) \[([^\]]+)\] "((?:[^"\\]|\\.)*)" (\d+|-) (\d+|-)(?: "((?:[^"\\]|\\.)*)" "((?:[^"\\]|\\.)*)")?$/s;

function independently(text: string): unknown[] {
  const [, host, ident, user, written = '', request = '', status, bytes, referrer, agent] =
    LINE.exec(text) ?? [];
  const [, day, month = '', year, clock, sign, h, m] =
    /^(\d\d)\/(\w+)\/(\d+):(\S+) ([+-])(\d\d)(\d\d)$/.exec(written) ?? [];
  const ms = Date.parse(`${day} ${month} ${year} ${clock} GMT${sign}${h}${m}`);
  const parts = /^(\S+) (.+) (HTTP\S*)$/s.exec(request) ?? /^(\S+) (.+)$/s.exec(request);
  const [method, page, protocol] = parts?.slice(1) ?? [
    undefined,
    request === '-' ? undefined : request,
  ];
  const clear = (field: string | undefined) => field?.replace(/\\(["\\])/g, '$1') ?? null;
  const orNull = (field: string | undefined) => (field === '-' ? null : clear(field));
  const size = orNull(bytes);
  return [
    ...[host, ident, user].map(orNull),
    ms,
    ...[method, page, protocol].map(clear),
    orNull(status),
    size === null ? null : Number(size),
    ...[referrer, agent].map(orNull),
  ];
}

describe('any line', () => {
  it('is read as the regular expression reads it', () => {
    const word = fc.stringMatching(/^[a-z0-9.:é-]{1,12}$/);
    const quoted = fc
      .string({
        unit: fc.constantFrom('a', '/', ' ', '\\"', '\\\\', '-', 'é', '[', ']', '\\x0a'),
        maxLength: 12,
      })
      .filter((text) => !/^ | $/.test(text));
    const number = fc.oneof(fc.nat().map(String), fc.constant('-'));
    const lines = fc.record({
      host: word,
      ident: word,
      user: word,
      agent: quoted,
      referrer: quoted,
      page: quoted,
      number,
    });
    fc.assert(
      fc.property(lines, ({ host, ident, user, agent, referrer, page, number }) => {
        const text = `${host} ${ident} ${user} [17/May/2015:10:05:03 +0000] "GET ${page || '/'} HTTP/1.1" ${number} ${number} "${referrer}" "${agent}"`;
        expect(row(text)).toEqual(independently(text));
      }),
      { numRuns: 300 },
    );
  });
});

const file = new URL('../../../shared/data/weblogs/access.log.gz', import.meta.url);

describe.skipIf(!existsSync(file))('real log lines (../shared/data, else skipped)', () => {
  it('are read as the regular expression reads them', () => {
    const texts = gunzipSync(readFileSync(file)).toString().trim().split('\n');
    const decoder = createDecoder('apache', columns);
    for (const text of texts) {
      const buf = Buffer.from(`${text}\n`);
      const expected = independently(text);
      const rows: unknown[] = [];
      decoder.decode(buf, 0, buf.length, (got) => rows.push(got.slice(1)), 0);
      expect(rows).toEqual([expected]);
    }
    expect(texts.length).toBe(5000);
  });
});
