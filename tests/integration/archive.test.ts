import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { readLines, readObjects } from '../helpers/archive.ts';
import { type ArchiveRig, startArchiveRig } from './archive-rig.ts';

const CALLS = '../shared/data/cloudtrail/events.ndjson.gz';
const LINES = '../shared/data/weblogs/access.log.gz';
const missing = [CALLS, LINES].filter((file) => !existsSync(file));
if (missing.length > 0) console.log(`skipped: there is no ${missing.join(' and no ')}`);

const STREAMS = `streams:
  calls: { shards: 2, format: cloudtrail, producer: kpl, ingest: { key: $.eventSource } }
  lines: { shards: 2, format: apache, producer: kpl, ingest: { key: random } }
deliveries:
  calls-archive: { stream: calls, transform: cloudtrail, backup: as-they-came }
  lines-archive:
    stream: lines
    transform: apache
    prefix: "lines/date=!{partitionKeyFromLambda:date}/hour=!{partitionKeyFromLambda:hour}/"
  lines-as-they-are: { stream: lines }
`;
const CHUNK = 400;
const LONG = 180_000;
let rig: ArchiveRig;

describe.skipIf(missing.length > 0)('real files from HTTP through a stream into a folder', () => {
  const calls = missing.length > 0 ? [] : linesOf(CALLS);
  const lines = missing.length > 0 ? [] : linesOf(LINES);

  beforeAll(async () => {
    rig = await startArchiveRig(STREAMS);
    await Promise.all([
      postAll('calls', 'application/x-ndjson', calls),
      postAll('lines', 'text/plain', lines),
    ]);
    for (const archive of rig.archives.values()) {
      archive.hurry();
      await vi.waitUntil(() => archive.settled(), { timeout: LONG, interval: 200 });
      await archive.stop();
    }
  }, LONG);
  afterAll(() => rig?.stop());

  it('every CloudTrail event arrives, byte for byte, and in the backup too', () => {
    expect(calls).toHaveLength(1_900);
    expect(readLines(rig.bucket('calls-archive'), 'calls-archive/').sort()).toEqual(calls.sort());
    const objects = readObjects(`${rig.bucket('calls-archive')}/../as-they-came`);
    const backup = Buffer.concat([...objects.values()]).toString();
    expect(backup).toHaveLength(calls.join('').length);
    expect(calls.filter((call) => !backup.includes(call))).toEqual([]);
  });

  it('every log line arrives with the fields that another parser finds', () => {
    expect(lines).toHaveLength(5_000);
    const found = readLines(rig.bucket('lines-archive'), 'lines/date=20');
    const rows = found.map((line) => JSON.stringify(sorted(JSON.parse(line))));
    const expected = lines.map((line) => JSON.stringify(sorted(parse(line))));
    expect(rows.sort()).toEqual(expected.sort());
  });

  it('without a transformer a line arrives as it was', () => {
    const found = readLines(rig.bucket('lines-as-they-are'), 'lines-as-they-are/20');
    expect(found.sort()).toEqual(lines.sort());
  });

  it('counts what lies in the folder', () => {
    const counts = [...rig.archives].map(([name, archive]) => [name, archive.progress()]);
    expect(Object.fromEntries(counts)).toMatchObject({
      'calls-archive': { records: 1_900, dropped: 0, failed: 0, problem: null },
      'lines-archive': { records: 5_000, dropped: 0, failed: 0, problem: null },
      'lines-as-they-are': { records: 5_000, dropped: 0, failed: 0, problem: null },
    });
  });
});

function linesOf(file: string): string[] {
  return gunzipSync(readFileSync(file)).toString().trimEnd().split('\n');
}

/** As a client does it: what the answer calls not accepted is posted again. */
async function postAll(stream: string, type: string, lines: readonly string[]): Promise<void> {
  const readers = [...rig.archives].filter(([name]) => name.startsWith(stream));
  let left = lines;
  while (left.length > 0) {
    const some = left.slice(0, CHUNK);
    const results = await rig.post(stream, type, some.join('\n'));
    expect(results).toHaveLength(some.length);
    for (const { status, shardId, sequenceNumber, mayHaveArrived } of results) {
      // An answer of the emulator was lost: no figure below would be right.
      if (mayHaveArrived) throw new Error('it is not known whether a record has arrived');
      if (status !== 200) continue;
      for (const [, { ledger }] of readers) ledger.putRecord(1, shardId, sequenceNumber, 0);
    }
    left = [...some.filter((_, i) => results[i]!.status !== 200), ...left.slice(CHUNK)];
  }
}

const COMBINED =
  /^(\S+) (\S+) (\S+) \[(\d\d)\/(\w{3})\/(\d{4}):(\d\d:\d\d:\d\d) ([+-]\d\d)(\d\d)\] "(\S+) (\S+) (\S+)" (\d{3}) (\d+|-) "([^"]*)" "([^"]*)"$/;

/** A line read with nothing of the project's own. */
function parse(line: string): Record<string, unknown> {
  const fields = COMBINED.exec(line)!
    .slice(1)
    .map((field) => (field === '-' ? null : field));
  const [host, ident, user, day, month, year, clock, hours, minutes, ...rest] = fields;
  const [method, page, protocol, status, bytes, referrer, agent] = rest;
  const time = new Date(`${day} ${month} ${year} ${clock} GMT${hours}${minutes}`).toISOString();
  return {
    ...{ host, ident, user, time, method, page, protocol, referrer, agent },
    status: Number(status),
    bytes: bytes === null ? null : Number(bytes),
  };
}

function sorted(row: Record<string, unknown>): [string, unknown][] {
  return Object.entries(row).sort(([a], [b]) => (a < b ? -1 : 1));
}
