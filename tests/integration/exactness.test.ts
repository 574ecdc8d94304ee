import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { generateCloudTrail } from '../../local/generate/cloudtrail.ts';
import type { NewRecord } from '../../local/producer.ts';
import { proveExact } from './proof.ts';
import { startRig } from './rig.ts';
import { roughRun } from './runs.ts';

const FILE = '../shared/data/cloudtrail/events.ndjson.gz';
const MINUTE = 60_000;
const LATENESS = 60 * MINUTE;

/** Twenty minutes of events; those of the first three come too late to be counted in their minutes. */
function madeUp(count: number): NewRecord[] {
  const start = Date.now() - LATENESS - 4 * MINUTE;
  return [...generateCloudTrail({ seed: 11, start, interval: (20 * MINUTE) / count, count })];
}

function fromFile(): NewRecord[] {
  const lines = gunzipSync(readFileSync(FILE)).toString().trim().split('\n');
  return lines.map((line, i) => ({ partitionKey: `key-${i % 97}`, data: Buffer.from(line) }));
}

/**
 * The packaged function behind real Kinesis and DynamoDB APIs, while the KPL writes, a shard is
 * split and two are merged: batches come twice and with other boundaries, and the function is
 * killed in the middle of its writes.
 */
async function proves(events: readonly NewRecord[], latenessMs: number | null): Promise<void> {
  const rig = await startRig({ latenessMs });
  try {
    const rough = await rig.side('rough');
    const { puts, accepted, kills, sentAgain, trouble } = await roughRun(rig, rough, events);
    const items = await rough.items();
    const told = { ...trouble, kills: kills.length, sentAgain };
    console.log(`${events.length} events, ${items.size} items: ${JSON.stringify(told)}`);
    expect(kills).toHaveLength(5);
    expect(sentAgain).toBeGreaterThan(0);
    await proveExact(rig, rough, { events, puts, accepted });
  } finally {
    await rig.stop();
  }
}

describe('tables equal those of SQLite, and no schedule changes a byte of them', () => {
  it('20,000 made-up events', { timeout: 600_000 }, () => proves(madeUp(20_000), LATENESS));

  if (!existsSync(FILE)) console.warn(`skipped: ${FILE} is absent`);
  // They are years old: none is late.
  it.skipIf(!existsSync(FILE))('real CloudTrail events', { timeout: 600_000 }, () =>
    proves(fromFile(), null),
  );
});
