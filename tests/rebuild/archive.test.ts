import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, onTestFinished } from 'vitest';
import { archivedRecords, checkArchive } from '../../cli/rebuild/archive.ts';
import { encodeAggregate } from '../../shared/kpl/encode.ts';

const quiet = { show: () => {}, clear: () => {} };
const SHARD = 'shardId-000000000003';

const fault = (sequenceNumber: string, data = 'e30=') => ({
  ...{ application: 'a', stream: 's', shardId: SHARD, sequenceNumber, partitionKey: 'k' },
  ...{ arrival: '2026-05-02T12:00:00.123Z', faults: [], data },
});
const ofAws = (SequenceNumber: string, ApproximateArrivalTimestamp: unknown) => ({
  ...{ ShardId: SHARD, SequenceNumber, ApproximateArrivalTimestamp },
  ...{ Data: 'e30=', PartitionKey: 'k' },
});

function file(lines: readonly unknown[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-archive-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'archive.ndjson.gz');
  const text = lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line)));
  writeFileSync(path, gzipSync(`${text.join('\n')}\n`));
  return path;
}

describe('an archive', () => {
  it('takes fault objects, records of get-records and shards of list-shards', async () => {
    const user = { partitionKey: 'k', data: Buffer.from('{}') };
    const { data } = encodeAggregate([user, user]);
    const path = file([
      { ShardId: SHARD, HashKeyRange: { StartingHashKey: '0', EndingHashKey: '9' } },
      fault('5'),
      ofAws('6', 1_777_723_200.123),
      ofAws('7', '2026-05-02T12:00:00.123Z'),
      fault('8', Buffer.from(data).toString('base64')),
    ]);
    const archive = await checkArchive(path, quiet);
    expect(archive.records).toBe(4);
    expect(archive.ranges).toEqual(new Map([[SHARD, { start: 0n, end: 9n }]]));
    expect(archive.aggregated).toEqual(new Set([SHARD]));
    const records = [];
    for await (const record of archivedRecords(path, quiet)) records.push(record);
    expect(records.map(({ sequenceNumber }) => sequenceNumber)).toEqual(['5', '6', '7', '8']);
    expect(new Set(records.map(({ arrival }) => arrival))).toEqual(new Set([1_777_723_200_123]));
  });

  it('is refused with all lines that are wrong', async () => {
    const path = file([
      fault('10'),
      'oops',
      fault('9'),
      { ...fault('11'), shardId: undefined },
      { ...fault('12'), data: 'not base64' },
      { ...fault('13'), arrival: 'noon' },
      { ...fault('fourteen') },
      [],
      fault('10'),
      ...Array.from({ length: 9 }, () => fault('1')),
    ]);
    const wrong = await checkArchive(path, quiet).catch((error: Error) => error.message);
    expect(String(wrong).replace(path, 'FILE').split('\n')).toEqual([
      'FILE cannot be used, nothing was written:',
      '  line 2: not one JSON object',
      `  line 3: ${SHARD} goes back to 9: sort its records by sequence number`,
      '  line 4: shardId is missing or no text',
      '  line 5: data is not base64',
      '  line 6: arrival is missing or no time: ISO 8601, or seconds since 1970',
      '  line 7: sequenceNumber is no number',
      '  line 8: not one JSON object',
      ...Array.from(
        { length: 3 },
        (_, i) => `  line ${10 + i}: ${SHARD} goes back to 1: sort its records by sequence number`,
      ),
      '  … and 6 more',
    ]);
  });

  it('without records is refused', async () => {
    await expect(checkArchive(file(['']), quiet)).rejects.toThrow('holds no records');
  });
});
