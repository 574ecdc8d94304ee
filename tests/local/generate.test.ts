import { describe, expect, it } from 'vitest';
import { generateApache } from '../../local/generate/apache.ts';
import { generateCloudTrail } from '../../local/generate/cloudtrail.ts';
import { decodeAggregate } from '../../shared/kpl/decode.ts';

const START = Date.UTC(2026, 10, 2, 10, 15, 0);
const COUNT = 20_000;
const options = { seed: 7, start: START, interval: 10, count: COUNT };
const generators = [
  ['cloudtrail', generateCloudTrail],
  ['apache', generateApache],
] as const;

describe.each(generators)('%s', (_, generator) => {
  const text = (count: number, seed = 7) =>
    [...generator({ ...options, seed, count })].map(({ data }) => Buffer.from(data).toString());

  it('is the same for a seed and a start, another for another seed', () => {
    expect(text(500)).toEqual(text(500));
    expect(text(500, 8)).not.toEqual(text(500));
  });

  it('goes on without end when no count is given', () => {
    const endless = generator({ ...options, count: null });
    for (let i = 0; i < 1_000; i++) expect(endless.next().done).toBe(false);
  });

  it('has disorder, late events and a few faults of each kind', () => {
    const events = [...generator(options)];
    const faults = Map.groupBy(events, ({ fault }) => fault);
    const faulty = COUNT - faults.get(null)!.length;
    expect(faulty / COUNT).toBeGreaterThan(0.001);
    expect(faulty / COUNT).toBeLessThan(0.003);
    expect([...faults.keys()].sort()).toEqual(
      [null, 'brokenText', 'damagedAggregate', 'farFuture', 'noTime', 'wrongType'].sort(),
    );
    const delays = events.map(({ time }, i) => START + (i + 1) * 10 - time);
    const late = delays.filter((delay) => delay >= 120_000).length;
    expect(late / COUNT).toBeGreaterThan(0.007);
    expect(late / COUNT).toBeLessThan(0.013);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(0);
    expect(delays.some((delay) => delay > 3_000 && delay < 4_100)).toBe(true);
    for (const { data, alone } of faults.get('damagedAggregate')!) {
      expect(alone).toBe(true);
      expect(decodeAggregate(Buffer.from(data))).toMatchObject({ kind: 'damaged' });
    }
  });
});

describe('cloudtrail', () => {
  const sound = [...generateCloudTrail(options)].filter(({ fault }) => fault === null);
  const events = sound.map(({ data }) => JSON.parse(Buffer.from(data).toString()));

  it('looks like an account: skewed addresses, users and roles, services, failures', () => {
    const perAddress = counts(events.map((event) => event.sourceIPAddress));
    expect(perAddress.length).toBeGreaterThan(50);
    expect(perAddress.length).toBeLessThanOrEqual(60);
    expect(perAddress[0]! / events.length).toBeGreaterThan(0.15);
    expect(perAddress[0]! / perAddress.at(-1)!).toBeGreaterThan(20);
    expect(counts(events.map((event) => event.eventSource))).toHaveLength(15);
    expect(counts(events.map((event) => event.userIdentity.arn))).toHaveLength(25);
    const failed = events.filter((event) => event.errorCode !== undefined).length;
    expect(failed / events.length).toBeGreaterThan(0.03);
    expect(failed / events.length).toBeLessThan(0.05);
  });

  it('has events of about 0.8 to 2.5 kB', () => {
    const sizes = sound.map(({ data }) => data.length).sort((a, b) => a - b);
    expect(sizes[Math.floor(sizes.length * 0.05)]).toBeGreaterThan(700);
    expect(sizes[Math.floor(sizes.length * 0.95)]).toBeLessThan(2_500);
    expect(sizes.at(-1)! - sizes[0]!).toBeGreaterThan(700);
  });

  it('writes its times as CloudTrail does', () => {
    for (const { eventTime } of events.slice(0, 100)) {
      expect(eventTime).toMatch(/^2026-11-02T\d\d:\d\d:\d\dZ$/);
    }
  });
});

describe('apache', () => {
  it('has lines of the combined format', () => {
    const line =
      /^\S+ - - \[\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d \+0000\] "(GET|POST|HEAD) \S+ HTTP\/1\.1" \d{3} (\d+|-) "[^"]*" "[^"]*"$/;
    const statuses = new Set<string>();
    for (const { data, fault } of generateApache({ ...options, count: 3_000 })) {
      if (fault !== null) continue;
      const text = Buffer.from(data).toString();
      expect(text).toMatch(line);
      statuses.add(/" (\d{3}) /.exec(text)![1]!);
    }
    expect([...statuses].sort()).toEqual(['200', '301', '304', '404', '500']);
  });
});

/** How often each value occurs, most frequent first. */
function counts(values: readonly string[]): number[] {
  return [...Map.groupBy(values, (value) => value).values()]
    .map((group) => group.length)
    .sort((a, b) => b - a);
}
