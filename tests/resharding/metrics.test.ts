import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { afterEach, describe, expect, it } from 'vitest';
import { CREDENTIALS, REGION } from '../../local/clients.ts';
import { type LocalCloudWatch, type Metrics, startCloudWatch } from '../../local/cloudwatch.ts';
import { cloudWatchMetrics } from '../../shared/resharding/cloudwatch.ts';
import { knownMinutes } from '../../shared/resharding/metrics.ts';
import { SHRINK_WINDOW_MS } from '../../shared/scaling/policy.ts';
import { MINUTE, NOW } from '../scaling/arbitrary.ts';

let started: LocalCloudWatch | null = null;
afterEach(() => started?.stop());

async function clientFor(metrics: Metrics): Promise<CloudWatchClient> {
  started = await startCloudWatch(metrics);
  const { endpoint } = started;
  return new CloudWatchClient({ endpoint, region: REGION, credentials: CREDENTIALS });
}

describe('cloudWatchMetrics', () => {
  it('asks for the minutes of one stream, and puts the metrics of each together', async () => {
    const asked: unknown[] = [];
    const values: Record<string, [number, number][]> = {
      IncomingBytes: [
        [NOW - 2 * MINUTE, 6_000],
        [NOW - MINUTE, 7_000],
      ],
      IncomingRecords: [
        [NOW - MINUTE, 70],
        [NOW - 2 * MINUTE, 60],
      ],
      WriteProvisionedThroughputExceeded: [[NOW - MINUTE, 5]],
      'GetRecords.IteratorAgeMilliseconds': [
        [NOW - 9 * MINUTE, 900_000],
        [NOW - 2 * MINUTE, 1_500],
        [NOW - MINUTE, 400],
      ],
    };
    const client = await clientFor((metric, stream, from, to) => {
      asked.push([metric, stream, from, to]);
      return values[metric]!.map(([at, value]) => ({ at, value }));
    });
    const read = cloudWatchMetrics(client);
    expect(await read('orders', NOW - 10 * MINUTE, NOW)).toEqual({
      minutes: [
        { at: NOW - 2 * MINUTE, bytes: 6_000, records: 60, throttled: 0 },
        { at: NOW - MINUTE, bytes: 7_000, records: 70, throttled: 5 },
      ],
      // Nine minutes ago is past.
      lagMs: 1_500,
    });
    expect(asked).toEqual(
      Object.keys(values).map((metric) => [metric, 'orders', NOW - 10 * MINUTE, NOW]),
    );
  });

  it('rejects by the name of the error, which says whether it was throttled', async () => {
    const client = await clientFor(() => {
      throw new Error('nothing here');
    });
    const answer = cloudWatchMetrics(client)('orders', NOW - MINUTE, NOW);
    await expect(answer).rejects.toMatchObject({ name: 'InvalidParameterValueException' });
  });
});

describe('knownMinutes', () => {
  const minute = (at: number) => ({ at, bytes: 1, records: 1, throttled: 0 });
  const known = async (...minutes: number[]) => {
    const read = async () => ({ minutes: minutes.map(minute), lagMs: 0 });
    const { until } = await knownMinutes(read, 'orders', NOW + 20_000);
    return (NOW - until) / MINUTE;
  };

  it('end with the newest minute that shows: one that is late was not idle', async () => {
    expect(await known(NOW - 3 * MINUTE, NOW - 2 * MINUTE)).toBe(1);
    expect(await known(NOW - MINUTE)).toBe(0);
  });

  it('of an idle stream end where they would show by now', async () => {
    expect(await known()).toBe(3);
    expect(await known(NOW - 8 * MINUTE)).toBe(3);
  });

  it('are whole ones, as far back as shrinking looks', async () => {
    let asked: number[] = [];
    await knownMinutes(
      async (_, from, to) => {
        asked = [from, to];
        return { minutes: [], lagMs: 0 };
      },
      'orders',
      NOW + 59_999,
    );
    expect(asked).toEqual([NOW - SHRINK_WINDOW_MS - 3 * MINUTE, NOW]);
  });
});
