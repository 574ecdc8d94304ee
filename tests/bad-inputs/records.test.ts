import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { FaultReason } from '../../shared/records/types.ts';
import { batchOf, expectOutcomeInPieces, type Sent, setAside } from './outcome.ts';
import { COUNTS, counted, event, MINUTE } from './programs.ts';
import { type JobOptions, useRig } from './rig.ts';

const rig = useRig();

/** The bad record among good ones: those are counted, this one is set aside. */
async function expectOneAside(bad: Sent, reason: FaultReason, options: JobOptions = COUNTS) {
  const job = await rig.open(options);
  const batch = batchOf([event('a'), event('b'), bad, event('a'), event('c')]);
  await expectOutcomeInPieces(job, batch, {
    rows: { COUNTS: [counted('a', 2), counted('b', 1), counted('c', 1)] },
    faults: [setAside(2, reason)],
  });
}

const GOOD_BASE64 = Buffer.from(JSON.stringify({ at: MINUTE, who: 'x', n: 1 })).toString('base64');

describe('base64', () => {
  it.each([
    ['other characters', '***not base64***'],
    ['a character short', GOOD_BASE64.slice(0, -1)],
    ['white space', `${GOOD_BASE64.slice(0, 8)}\r\n${GOOD_BASE64.slice(8)}`],
    ['the URL-safe alphabet', 'eyJ3aG8iOiI_Pz8-In0='],
    ['characters beyond ASCII', `${GOOD_BASE64.slice(0, -4)}Ānn0`],
    ['padding in the middle', `eyI=${GOOD_BASE64}`],
  ])('%s', (_, base64) => expectOneAside({ data: '', base64 }, 'BAD_BASE64'));
});

it('gzip: cut, a bomb, not packed, and packed text that is no JSON', async () => {
  const pack = (record: Sent): Sent => ({ data: gzipSync(JSON.stringify(record.data)) });
  const job = await rig.open({ ...COUNTS, compression: 'gzip' });
  const bad = [
    (pack(event('x')).data as Buffer).subarray(0, -3),
    gzipSync(Buffer.alloc(2 ** 22)),
    JSON.stringify(event('x').data),
    gzipSync('{"who":'),
  ];
  const batch = batchOf([pack(event('a')), ...bad.map((data) => ({ data })), pack(event('a'))]);
  await expectOutcomeInPieces(job, batch, {
    rows: { COUNTS: [counted('a', 2)] },
    faults: [1, 2, 3, 4].map((i) => setAside(i, i < 4 ? 'BAD_GZIP' : 'BAD_JSON')),
  });
});

describe('JSON', () => {
  const good = JSON.stringify({ at: MINUTE, who: 'x', n: 1 });
  it.each<[string, string | Buffer, FaultReason]>([
    ['nothing at all', '', 'BAD_JSON'],
    ['white space only', ' \n', 'BAD_JSON'],
    ['truncated in a string', good.slice(0, 12), 'BAD_JSON'],
    ['truncated by its last byte', good.slice(0, -1), 'BAD_JSON'],
    ['text behind it', `${good};`, 'BAD_JSON'],
    ['two events in one record', `${good}\n${good}`, 'BAD_JSON'],
    ['a byte order mark', `\ufeff${good}`, 'BAD_JSON'],
    ['single quotes', good.replaceAll('"', "'"), 'BAD_JSON'],
    ['NaN', good.replace('1}', 'NaN}'), 'BAD_JSON'],
    ['a raw line feed in a string', good.replace('x', '\n'), 'BAD_JSON'],
    ['compressed', gzipSync(good), 'BAD_ENCODING'],
    ['UTF-16', Buffer.from(good, 'utf16le'), 'BAD_JSON'],
    ['a stray byte in a value', Buffer.from(good.replace('x', '\xff'), 'latin1'), 'BAD_ENCODING'],
    ['a cut character', Buffer.from(good.replace('x', '\xe6\x97'), 'latin1'), 'BAD_ENCODING'],
    ['a list', `[${good}]`, 'BAD_FORMAT'],
    ['a number', '17', 'BAD_FORMAT'],
    ['null', 'null', 'BAD_FORMAT'],
    ['100,000 levels of lists', `{"x":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, 'BAD_JSON'],
    ['100,000 levels in a column', `{"who":${'{"a":'.repeat(1e5)}1${'}'.repeat(1e5)}}`, 'BAD_JSON'],
  ])('%s', (_, data, reason) => expectOneAside({ data }, reason));
});

describe('a value that does not fit its column', () => {
  it.each<[string, object]>([
    ['text in an INTEGER', { n: 'many' }],
    ['a fraction in an INTEGER', { n: 1.5 }],
    ['one more than an INTEGER holds', { n: 2_147_483_648 }],
    ['an object in an INTEGER', { n: {} }],
    ['a list in an INTEGER', { n: [1] }],
    ['a DECIMAL out of range', { price: 1000 }],
    ['text in a DOUBLE', { x: 'NaN' }],
    ['text in a BOOLEAN', { ok: 'yes' }],
    ['a number in a BOOLEAN', { ok: 1 }],
    ['an object in a TIMESTAMP', { at: { seconds: 1 } }],
    ['true in a TIMESTAMP', { at: true }],
    ['a number in a TIMESTAMP of ISO texts', { at: 1_777_777_777_000 }],
    ['a day that no month has', { at: '2026-02-30T12:00:00Z' }],
    ['the 29th of February of a common year', { at: '2025-02-29T12:00:00Z' }],
    ['a 25th hour', { at: '2026-05-02T25:00:00Z' }],
    ['a date without a time', { at: '2026-05-02' }],
    ['an empty text for a time', { at: '' }],
  ])('%s', (_, more) => expectOneAside(event('x', more), 'BAD_TYPE'));

  it('a number beyond all doubles', () =>
    expectOneAside({ data: `{"at":"${MINUTE}","who":"x","x":1e400}` }, 'BAD_TYPE'));

  it('the message names the column and what is wrong, never the value', async () => {
    const job = await rig.open(COUNTS);
    await job.send(batchOf([event('x', { n: 'many' })]));
    const [fault] = Object.values(job.faults()).flatMap(({ faults }) => faults);
    expect(fault?.message).toBe('column n (INTEGER): text that is no number');
  });

  it('a text that is too long is cut, as the dialect says, and is no fault', async () => {
    const job = await rig.open(COUNTS);
    const long = 'é'.repeat(65);
    await expectOutcomeInPieces(job, batchOf([event('a'), event(long), event('a')]), {
      rows: { COUNTS: [counted('a', 2), counted('é'.repeat(64), 1)] },
      faults: [],
    });
  });
});

describe('a record of 1 MiB', () => {
  const megabyte = (text: string): string =>
    text.replace('"filler":""', `"filler":"${'f'.repeat(2 ** 20 - text.length)}"`);
  const big = megabyte(JSON.stringify({ filler: '', at: MINUTE, who: 'big', n: 1 }));

  it('is counted', async () => {
    expect(Buffer.byteLength(big)).toBe(2 ** 20);
    const job = await rig.open(COUNTS);
    await expectOutcomeInPieces(job, batchOf([event('a'), { data: big }, event('a')]), {
      rows: { COUNTS: [counted('a', 2), counted('big', 1)] },
      faults: [],
    });
  });

  it('is kept whole where it is set aside', () =>
    expectOneAside({ data: `${big.slice(0, -1)};` }, 'BAD_JSON'));
});

describe('other formats', () => {
  const line = (bytes: string | number): string =>
    `10.0.0.1 - - [02/May/2026:12:00:00 +0000] "GET /a HTTP/1.1" 200 ${bytes}`;
  const APACHE: JobOptions = {
    format: 'apache',
    columns: { time: 'TIMESTAMP', page: 'VARCHAR(64)', bytes: 'INTEGER' },
    sql: `
      CREATE STREAM "PAGES" ("page" VARCHAR(64), "hits" BIGINT, "bytes" BIGINT);
      CREATE PUMP "PAGES_PUMP" AS INSERT INTO "PAGES"
      SELECT STREAM s."page", COUNT(*), SUM(s."bytes") FROM "SOURCE_SQL_STREAM_001" AS s
      GROUP BY s."page", STEP(s."time" BY INTERVAL '1' MINUTE), STEP(s.ROWTIME BY INTERVAL '1' MINUTE);`,
  };
  it.each<[string, string | Buffer, FaultReason]>([
    ['no log line', 'hello', 'BAD_FORMAT'],
    ['an empty record', '', 'BAD_FORMAT'],
    ['one bad line of three', `${line(5)}\nhello\n${line(5)}`, 'BAD_FORMAT'],
    ['a size beyond the column', line(2 ** 40), 'BAD_TYPE'],
    ['an impossible day', line(5).replace('02/May', '31/Feb'), 'BAD_TYPE'],
    [
      'bytes that are not UTF-8',
      Buffer.from(line(5).replace('/a', '/\xff'), 'latin1'),
      'BAD_ENCODING',
    ],
  ])('apache: %s', async (_, data, reason) => {
    const job = await rig.open(APACHE);
    await expectOutcomeInPieces(job, batchOf([{ data: line(5) }, { data }, { data: line(7) }]), {
      rows: { PAGES: [{ page: '/a', hits: 2, bytes: 12 }] },
      faults: [setAside(1, reason)],
    });
  });

  const CLOUDTRAIL: JobOptions = {
    format: 'cloudtrail',
    columns: { eventTime: 'TIMESTAMP', eventName: 'VARCHAR(64)' },
    sql: `
      CREATE STREAM "CALLS" ("api" VARCHAR(64), "calls" BIGINT);
      CREATE PUMP "CALLS_PUMP" AS INSERT INTO "CALLS"
      SELECT STREAM s."eventName", COUNT(*) FROM "SOURCE_SQL_STREAM_001" AS s
      GROUP BY s."eventName", STEP(s."eventTime" BY INTERVAL '1' MINUTE), STEP(s.ROWTIME BY INTERVAL '1' MINUTE);`,
  };
  const call = { eventVersion: '1.08', eventTime: MINUTE, eventName: 'ListKeys' };
  it.each<[string, object, FaultReason]>([
    ['another kind of event', { source: 'shop', id: 7 }, 'BAD_FORMAT'],
    ['one bad event of a file', { Records: [call, { ...call, eventTime: 5 }] }, 'BAD_TYPE'],
  ])('cloudtrail: %s', async (_, data, reason) => {
    const job = await rig.open(CLOUDTRAIL);
    await expectOutcomeInPieces(job, batchOf([{ data: call }, { data }, { data: call }]), {
      rows: { CALLS: [{ api: 'ListKeys', calls: 2 }] },
      faults: [setAside(1, reason)],
    });
  });
});

it('payloads are never logged', () => {
  expect(rig.logged.length).toBeGreaterThan(50);
  expect(rig.logged.filter((line) => /ListKeys|GET|many|not base64|who/.test(line))).toEqual([]);
});
