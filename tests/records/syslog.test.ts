import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDecoder } from '../../shared/records/format.ts';
import type { SyslogOptions } from '../../shared/records/types.ts';
import { column, decodeAll, refusal } from './columns.ts';

const FIELDS = 'facility severity host app procid msgid data message'.split(' ');
const columns = [
  column('TIMESTAMP', 'time'),
  ...FIELDS.map((field) => column('VARCHAR(1000)', field)),
];
const ARRIVAL = Date.UTC(2026, 4, 2, 12);
const rows = (text: string, options: SyslogOptions = {}, arrival = ARRIVAL) =>
  decodeAll({ syslog: options }, columns, text, arrival).map((row) => row.slice(1));
const row = (text: string) => rows(text)[0];

describe('RFC 5424', () => {
  // The examples of its section 6.5.
  it.each([
    [
      "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed for lonvick on /dev/pts/8",
      [
        Date.UTC(2003, 9, 11, 22, 14, 15, 3),
        ...['auth', 'crit', 'mymachine.example.com', 'su', null, 'ID47', null],
        "'su root' failed for lonvick on /dev/pts/8",
      ],
    ],
    [
      "<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time to make the do-nuts.",
      [
        Date.UTC(2003, 7, 24, 12, 14, 15),
        ...['local4', 'notice', '192.0.2.1', 'myproc', '8710', null, null],
        "%% It's time to make the do-nuts.",
      ],
    ],
    [
      '<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog - ID47 [exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][examplePriority@32473 class="high"]',
      [
        Date.UTC(2003, 9, 11, 22, 14, 15, 3),
        ...['local4', 'notice', 'mymachine.example.com', 'evntslog', null, 'ID47'],
        '[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"][examplePriority@32473 class="high"]',
        null,
      ],
    ],
    ['<0>1 - - - - - -', [null, 'kern', 'emerg', null, null, null, null, null, null]],
    ['<191>1 - - - - - - ', [null, 'local7', 'debug', null, null, null, null, null, '']],
  ])('%j', (text, expected) => {
    expect(row(text)).toEqual(expected);
  });

  it('reads the structured data by ID and name', () => {
    const wanted = [
      column('INTEGER', 'data.exampleSDID@32473.iut'),
      column('VARCHAR(20)', "data['exampleSDID@32473'].path"),
      column('VARCHAR(20)', "data['a.b']['c']"),
      column('VARCHAR(20)', 'data.exampleSDID@32473.class'),
    ];
    const text =
      '<1>1 - - - - - [exampleSDID@32473 iut="3" path="C:\\\\\\"\\]\\n" iut="4"][a.b c="-"][x class="no"]';
    expect(decodeAll('syslog', wanted, text)).toEqual([[0, 4, 'C:\\"]\\n', '-', null]]);
  });
});

describe('RFC 3164, and what is written in its place', () => {
  const time = Date.UTC(2025, 9, 11, 22, 14, 15);
  it.each([
    [
      "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
      [time, 'auth', 'crit', 'mymachine', 'su', null, null, null, "'su root' failed"],
    ],
    [
      '<30>Oct  1 22:14:15 db-1 postfix/smtpd[42]: a: b\\"',
      [
        Date.UTC(2025, 9, 1, 22, 14, 15),
        ...['daemon', 'info', 'db-1', 'postfix/smtpd', '42', null, null, 'a: b\\"'],
      ],
    ],
    [
      'Oct 11 22:14:15 mymachine kernel: x',
      [time, null, null, 'mymachine', 'kernel', null, null, null, 'x'],
    ],
    ['Oct 11 22:14:15 sshd[7]: x', [time, null, null, null, 'sshd', '7', null, null, 'x']],
    ['Oct 11 22:14:15 host a b: c', [time, null, null, 'host', null, null, null, null, 'a b: c']],
    ['Oct 11 22:14:15 host [x] y', [time, null, null, 'host', null, null, null, null, '[x] y']],
    [
      '<13>2025-10-11T22:14:15.250+02:00 host app: é',
      [time - 7_200_000 + 250, 'user', 'notice', 'host', 'app', null, null, null, 'é'],
    ],
  ])('%j', (text, expected) => {
    expect(row(text)).toEqual(expected);
  });

  it.each<[string, string, string, string]>([
    ['Dec 31 23:59:59', 'Z', '2026-01-01T00:00:05Z', '2025-12-31T23:59:59Z'],
    ['Jan  1 00:00:04', 'Z', '2025-12-31T23:59:58Z', '2026-01-01T00:00:04Z'],
    ['May  2 12:00:00', 'Z', '2026-05-02T12:00:01Z', '2026-05-02T12:00:00Z'],
    ['Nov  2 12:00:00', 'Z', '2026-05-02T12:00:01Z', '2025-11-02T12:00:00Z'],
    ['Feb 29 12:00:00', 'Z', '2024-03-01T00:00:00Z', '2024-02-29T12:00:00Z'],
    ['Feb 29 12:00:00', 'Z', '2025-02-01T00:00:00Z', '2024-02-29T12:00:00Z'],
    ['May  3 12:00:00', 'Z', '2026-05-02T12:00:00Z', '2026-05-03T12:00:00Z'],
    ['May  3 12:00:01', 'Z', '2026-05-02T12:00:00Z', '2025-05-03T12:00:01Z'],
    ['May  2 12:00:00', '+02:00', '2026-05-02T10:00:01Z', '2026-05-02T10:00:00Z'],
    ['Jan  1 00:30:00', '+02:00', '2025-12-31T22:30:00Z', '2025-12-31T22:30:00Z'],
    ['Jan  1 00:30:00', '+02:00', '2025-12-30T23:00:00Z', '2025-12-31T22:30:00Z'],
    ['Dec 31 23:30:00', '-05:30', '2026-01-01T05:00:00Z', '2026-01-01T05:00:00Z'],
  ])('%s at %s, arrived %s, is %s', (text, offset, arrival, expected) => {
    const got = rows(`<1>${text} h a: m`, { offset }, Date.parse(arrival))[0]![0];
    expect(new Date(got as number).toISOString()).toBe(new Date(expected).toISOString());
  });

  it('a name of structured data is all of the name', () => {
    const text = '<1>1 - - - - - [a bc="1" xb="2"][ab b="3"][a.c b="4"]';
    expect(decodeAll('syslog', [column('VARCHAR(9)', 'data.a.b')], text)).toEqual([[0, null]]);
  });

  it('takes the year of what was written within a year before its arrival, or a day past it', () => {
    const moments = fc.date({
      min: new Date('2001-01-01T00:00:00Z'),
      max: new Date('2099-12-31T23:59:59Z'),
      noInvalidDate: true,
    });
    fc.assert(
      fc.property(moments, fc.integer({ min: -1, max: 363 }), (moment, days) => {
        const ms = Math.floor(moment.getTime() / 1000) * 1000;
        const [, day = '', month, , clock] = new Date(ms).toUTCString().split(' ');
        const text = `${month} ${String(Number(day)).padStart(2)} ${clock} host app: x`;
        expect(rows(text, {}, ms + days * 86_400_000)[0]![0]).toBe(ms);
      }),
      { numRuns: 500 },
    );
  });

  it('adds the offset to ISO times without one, and to those alone', () => {
    const at = (text: string) => rows(`${text} h a: m`, { offset: '-01:00' })[0]![0];
    expect(at('2025-10-11T22:14:15')).toBe(time + 3_600_000);
    expect(at('2025-10-11T22:14:15Z')).toBe(time);
  });
});

describe('columns', () => {
  it('facility and severity are keywords, or codes in numeric columns', () => {
    const wanted = ['VARCHAR(4)', 'INTEGER', 'DECIMAL(3,0)'].flatMap((type) => [
      column(type, 'facility'),
      column(type, 'severity'),
    ]);
    const text = '<86>1 - - - - - -\nOct 11 22:14:15 h a: x';
    expect(decodeAll('syslog', wanted, text)).toEqual([
      [0, 'auth', 'info', 10, 6, 10, 6],
      [0, null, null, null, null, null, null],
    ]);
  });

  it.each([
    ['VARCHAR(9)', 'hots', "has no 'hots'"],
    ['VARCHAR(9)', 'data.x', "has no 'data.x'"],
    ['VARCHAR(9)', 'data.x.y.z', 'has no'],
    ['VARCHAR(9)', 'data[0].y', 'has no'],
    ['TIMESTAMP', 'facility', 'column C'],
  ])('%s %s cannot be read', (type, path, message) => {
    expect(() => createDecoder('syslog', [column(type, path)])).toThrow(message);
  });

  it('an offset is Z or ±hh:mm', () => {
    for (const offset of ['', 'CET', '+2', '+24:00', '+02:60']) {
      expect(() => createDecoder({ syslog: { offset } }, columns)).toThrow('offset');
    }
  });
});

describe('refuses', () => {
  const good = '<34>1 2003-10-11T22:14:15Z host app 1 ID [a b="c"] text';
  it.each([
    ['', 'BAD_FORMAT'],
    ['text', 'BAD_FORMAT'],
    [good.replace('34', ''), 'BAD_FORMAT'],
    [good.replace('34', '192'), 'BAD_FORMAT'],
    [good.replace('34', '034'), 'BAD_FORMAT'],
    [good.replace('34', '0034'), 'BAD_FORMAT'],
    [good.replace('>1', '>2'), 'BAD_FORMAT'],
    [good.replace('host ', 'host  '), 'BAD_FORMAT'],
    [good.replace('[a', '[ a'), 'BAD_FORMAT'],
    [good.replace('"c"', 'c'), 'BAD_FORMAT'],
    [good.replace('c"', 'c'), 'BAD_FORMAT'],
    [good.replace('"c"', '"c]"'), 'BAD_FORMAT'],
    [good.replace('] text', ']text'), 'BAD_FORMAT'],
    [good.replace('-10-', '-13-'), 'BAD_TYPE'],
    ['<34>Oct 11 host app: x', 'BAD_FORMAT'],
    ['<34>Oct 32 22:14:15 host app: x', 'BAD_TYPE'],
    ['<34>Okt 11 22:14:15 host app: x', 'BAD_TYPE'],
    ['<34>Oct 11 22:14:15  app: x', 'BAD_FORMAT'],
    ['<34>Oct 11 22:14:15', 'BAD_FORMAT'],
    [`${good}\nx`, 'BAD_FORMAT'],
    [Buffer.from(`${good}\xff`, 'latin1'), 'BAD_ENCODING'],
  ])('%j with %s', (text, reason) => {
    expect(refusal('syslog', columns, text)).toBe(reason);
  });
});

/** RFC 5424 once more, as a regular expression. */
const MESSAGE =
  /^<(0|[1-9]\d?|1[0-8]\d|19[01])>1 (\S+) ([^ ]+) ([^ ]+) ([^ ]+) ([^ ]+) (-|(?:\[[!-~]+?(?: [!-~]+?="(?:[^"\\\]]|\\.)*")*\])+)(?: \ufeff?(.*))?$/s;

describe('any message of RFC 5424', () => {
  const name = fc.stringMatching(/^[a-z@.0-9]{1,6}$/);
  const value = fc.string({
    unit: fc.constantFrom('a', 'é', ' ', '\\"', '\\\\', '\\]', '\\n', '[', '='),
    maxLength: 8,
  });
  const element = fc
    .tuple(name, fc.array(fc.tuple(name, value), { maxLength: 3 }))
    .map(([id, params]) => `[${id}${params.map(([key, text]) => ` ${key}="${text}"`).join('')}]`);
  const data = fc.oneof(
    fc.constant('-'),
    fc.array(element, { minLength: 1, maxLength: 3 }).map((list) => list.join('')),
  );
  const word = fc.oneof(fc.constant('-'), fc.stringMatching(/^[!-~]{1,8}$/));
  const text = fc.option(
    fc.string({ unit: fc.constantFrom('a', ' ', 'é', '\\', '"', '-', '\ufeff') }),
  );

  it('is read as the regular expression reads it', () => {
    fc.assert(
      fc.property(
        fc.nat({ max: 191 }),
        fc.tuple(word, word, word, word),
        data,
        text,
        (priority, words, written, message) => {
          const line = `<${priority}>1 2003-10-11T22:14:15Z ${words.join(' ')} ${written}${message === null ? '' : ` ${message}`}`;
          const [, , , ...rest] = MESSAGE.exec(line)!;
          const orNull = (field: string | undefined) => (field === '-' ? null : (field ?? null));
          const expected = [...rest.slice(0, 5).map(orNull), rest[5] ?? null];
          expect(row(line)!.slice(3)).toEqual(expected);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('each value of the structured data comes back as it was written', () => {
    const texts = fc.string({ unit: fc.constantFrom('a', 'é', '"', '\\', ']', '[', '=', ' ') });
    fc.assert(
      fc.property(name, name, texts, (id, key, plain) => {
        const escaped = plain.replace(/["\\\]]/g, '\\$&');
        const path = `data['${id}']['${key}']`;
        const line = `<1>1 - - - - - [${id} ${key}="${escaped}"] x`;
        expect(decodeAll('syslog', [column('VARCHAR(99)', path)], line)).toEqual([[0, plain]]);
      }),
      { numRuns: 300 },
    );
  });
});
