import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { payloads } from '../../../cli/faults/payload.ts';
import { openFaultArchive } from '../../../shared/consume/fault-archives.ts';
import { openFaultStore } from '../../../shared/consume/fault-stores.ts';
import { type FaultyRecord, faultKey } from '../../../shared/consume/faults.ts';
import { encodeAggregate } from '../../../shared/kpl/encode.ts';
import type { FaultReason } from '../../../shared/records/types.ts';
import { folder, run } from '../run.ts';
import { SHARD, sequenceNumber } from './rig.ts';

const OTHER_SHARD = 'shardId-000000000001';
const NOON = Date.UTC(2026, 4, 2, 12);

function faulty(n: number, reasons: readonly FaultReason[], fields: Partial<FaultyRecord> = {}) {
  const faults = reasons.map((reason) => ({
    ...{ subSequenceNumber: 0, reason, message: `it is ${reason}`, pump: 'PAGES_PUMP' },
  }));
  const record: FaultyRecord = {
    ...{ application: 'web', stream: 'clicks', shardId: SHARD, partitionKey: 'key' },
    ...{ sequenceNumber: sequenceNumber(n), arrival: new Date(NOON + n * 60_000).toISOString() },
    ...{ faults, data: Buffer.from('secret').toString('base64'), ...fields },
  };
  return record;
}

let root: string;
let url: string;
const put = (...records: FaultyRecord[]) =>
  Promise.all(records.map((record) => openFaultStore(url).put(record)));
const sluice = (command: string, ...args: string[]) =>
  run(['faults', command, ...args, '--faults', url]);

beforeEach(() => {
  root = folder({});
  url = pathToFileURL(root).href;
});

describe('faults list', () => {
  beforeEach(() =>
    put(
      faulty(0, ['BAD_JSON']),
      faulty(1, ['LATE', 'FUTURE']),
      faulty(2, ['LATE'], { shardId: OTHER_SHARD }),
      faulty(3, ['REFUSED'], { application: 'own' }),
    ),
  );

  it('counts all by application and reason', async () => {
    const { code, out, err } = await sluice('list');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const [title, , , ...lines] = out.trim().split('\n');
    expect(title).toBe(`4 faults at ${url}`);
    expect(lines.map((line) => line.split(/ {2,}/)).sort()).toEqual([
      ['own', 'REFUSED', '1', '2026-05-02T12:03:00.000Z', '2026-05-02T12:03:00.000Z'],
      ['web', 'BAD_JSON', '1', '2026-05-02T12:00:00.000Z', '2026-05-02T12:00:00.000Z'],
      ['web', 'FUTURE', '1', '2026-05-02T12:01:00.000Z', '2026-05-02T12:01:00.000Z'],
      ['web', 'LATE', '2', '2026-05-02T12:01:00.000Z', '2026-05-02T12:02:00.000Z'],
    ]);
  });

  it('shows those of one application, as many as are wanted', async () => {
    const { out, err } = await sluice('list', 'web', '--limit', '2');
    expect(out).toContain(`${SHARD}  ${sequenceNumber(1)}  2026-05-02T12:01:00.000Z  LATE, FUTURE`);
    expect(out).not.toContain(sequenceNumber(2));
    expect(out).not.toContain('own');
    expect(err).toContain('1 more');
    expect((await sluice('list', '--all')).out).toContain(sequenceNumber(3));
  });

  it.each([
    ['--reason late', [1, 2]],
    ['--reason LATE --reason BAD_JSON', [0, 1, 2]],
    ['--reason LATE,BAD_JSON --shard shardId-000000000000', [0, 1]],
    ['--from 2026-05-02T12:01', [1, 2]],
    ['--from 2026-05-02T14:01:00+02:00 --to 2026-05-02T12:02:00Z', [1]],
    ['--to 2026-05-02', []],
    ['--from 1h', []],
  ])('web %s', async (line, wanted) => {
    const { out } = await sluice('list', 'web', ...line.split(' '), '--json');
    const lines = out.trim() === '' ? [] : out.trim().split('\n');
    const found = lines.map((text) => JSON.parse(text)).filter(({ key }) => key !== undefined);
    expect(found.map((one) => one.sequenceNumber)).toEqual(wanted.map(sequenceNumber));
    for (const one of found) expect(one).not.toHaveProperty('data');
  });

  it('finds a folder as npm start prints it', async () => {
    const { out } = await run(['faults', 'list', '--faults', join(root, 'faults')]);
    expect(out).toContain(`4 faults at ${url}\n`);
  });

  it('names what is no fault', async () => {
    const key = `faults/web/${SHARD}/5.json`;
    mkdirSync(join(root, `faults/web/${SHARD}`), { recursive: true });
    writeFileSync(join(root, key), '{}');
    const { code, err } = await sluice('list');
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringContaining(key) });
  });
});

describe('faults show', () => {
  const shown = async (n: number, ...args: string[]) =>
    (await sluice('show', 'web', SHARD, sequenceNumber(n), ...args)).out;

  it('tells all but the payload, which has to be asked for', async () => {
    const tried = { at: '2026-05-03T00:00:00.000Z', why: { EXPIRED: 'its time is over' } };
    const result = { pump: 'PAGES_PUMP', window: '2026-05-02T12:00:00Z', key: '/\u001b[2J' };
    await put(faulty(0, ['TOO_LARGE'], { tried, result }));
    const out = await shown(0);
    expect(out).toContain('state         open\n');
    expect(out).toContain('size          6 bytes\n');
    expect(out).toContain('reason        TOO_LARGE: it is TOO_LARGE (PAGES_PUMP)\n');
    expect(out).toContain('stays open    EXPIRED: its time is over\n');
    expect(out).not.toContain('secret');
    expect(out).not.toContain('\u001b');
    expect(await shown(0, '--payload')).toContain('6 bytes\nsecret\n');
    expect(JSON.parse(await shown(0, '--json'))).not.toHaveProperty('data');
    expect(JSON.parse(await shown(0, '--json', '--payload'))).toMatchObject({ data: 'c2VjcmV0' });
  });

  it('shows all faults of a record, one by its key, and what is redriven', async () => {
    const versions = ['a', 'b'].map((version) =>
      faulty(0, ['LATE'], { refuser: { version, latenessMs: null, results: [] } }),
    );
    await put(...versions, faulty(10, ['LATE']));
    await openFaultArchive(url).close(faultKey(versions[0]!));
    expect((await shown(0)).match(/state +\w+/g)).toEqual([
      'state         open',
      'state         redriven',
    ]);
    const { out } = await sluice('show', `s3://bucket/${faultKey(versions[0]!)}`);
    expect(out.match(/state +\w+/g)).toEqual(['state         redriven']);
    expect(await sluice('show', 'web', SHARD, sequenceNumber(7))).toMatchObject({
      code: 1,
      out: '',
    });
  });

  it('escapes what a terminal would obey, and gives the head of what is no text', async () => {
    const data = (bytes: Buffer | string) => ({ data: Buffer.from(bytes).toString('base64') });
    await put(faulty(0, ['LATE'], data('a\u001b[31m\u202eb\nc\u009b')));
    expect(await shown(0, '--payload')).toContain('\na\\u001b[31m\\u202eb\nc\\u009b\n');
    await put(faulty(1, ['BAD_ENCODING'], data(Buffer.alloc(1_000, 'A\xff', 'latin1'))));
    const hex = await shown(1, '--payload');
    expect(hex).toContain('0000  41 ff 41 ff 41 ff 41 ff 41 ff 41 ff 41 ff 41 ff  A.A.A.A.');
    expect(hex).toContain('… 744 more');
  });

  it('lets no byte of a record command a terminal', () => {
    fc.assert(
      fc.property(fc.uint8Array(), fc.string({ unit: 'binary' }), (bytes, text) => {
        for (const data of [Buffer.from(bytes), Buffer.from(text)]) {
          const shown = payloads(data, [0])
            .map((one) => one.text)
            .join();
          expect(shown).not.toMatch(/[^\P{Cc}\n\t]|[\u202A-\u202E\u2066-\u2069]/u);
        }
      }),
    );
  });

  it('takes an aggregate apart and shows the user records at fault', async () => {
    const members = ['one', 'two', 'three'].map((text) => ({
      partitionKey: text,
      data: Buffer.from(text),
    }));
    const { data } = encodeAggregate(members);
    const [fault] = faulty(0, ['BAD_JSON']).faults;
    const faults = [{ ...fault!, subSequenceNumber: 2 }];
    await put(faulty(0, [], { faults, data: Buffer.from(data).toString('base64') }));
    const out = await shown(0, '--payload');
    expect(out).toContain('user record 2: it is BAD_JSON');
    expect(out).toContain('user record 2 of 0 to 2, 5 bytes\nthree\n');
    expect(out).not.toContain('two');
  });
});

describe('usage', () => {
  it.each([
    ['', 'what to do with faults is missing: list, show, redrive', '--help'],
    ['lits', 'there is no faults lits', 'did you mean faults list?'],
    ['list --reason BAD_JSN', 'there is no reason BAD_JSN', 'did you mean BAD_JSON?'],
    ['list --from yesterday', '--from takes a time', 'such as'],
    ['list --from 1h --to 2h', '--from has to be before --to', ''],
    ['list --shard 1', '"1" is no shard', 'shardId-'],
    ['list --limit 0', '--limit takes a number', '--json'],
    ['list ../..', '"../.." is no name', ''],
    ['list a b', '"b" is one word too many', '--help'],
    ['list --faults nowhere', 'there are no faults at nowhere', 's3://bucket'],
    ['list --faults http://x', 'there are no faults at http://x', 's3://bucket'],
    ['list --stage DEV', 'the stage "DEV" cannot be used', ''],
    ['list --apply', 'there is no option --apply', ''],
    ['show', 'no fault is named', 'APPLICATION SHARD SEQUENCE'],
    ['show faults/../../x', '"faults/../../x" names no fault', 'APPLICATION SHARD SEQUENCE'],
    ['show web shardId-000000000000 x', '"x" is no sequence number', 'APPLICATION'],
    ['redrive', 'no application is named', '--help'],
    ['redrive web --stage a --stage b', '--stage is given twice', ''],
  ])('sluice faults %s', async (line, message, hint) => {
    const { code, out, err } = await run(['faults', ...line.split(' ').filter(Boolean)]);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(`error: ${message}`);
    expect(err).toContain(hint);
  });
});
