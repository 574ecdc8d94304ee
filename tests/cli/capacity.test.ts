import { describe, expect, it } from 'vitest';
import { run } from './run.ts';

const capacity = (line: string) => run(['capacity', ...line.split(' ').filter(Boolean)]);

describe('sluice capacity', () => {
  it('shows shards, costs and how they come about', async () => {
    const { code, out } = await capacity('--rate 200 --size 30KB --consumers 3 --peak 4');
    expect(code).toBe(0);
    expect(out).toContain('42 shards');
    expect(out).toMatch(/bytes out, 3 consumers +70\.31 MiB\/s +2\.00 MiB\/s +42/);
    expect(out).toContain('42 shards × 730 h × $0.015 + 1,051.2 million PUT units × $0.014');
    expect(out).toContain('provisioned is cheaper: on-demand costs 6.4 times as much');
  });

  it('takes a higher target and reads sizes with and without unit', async () => {
    expect((await capacity('--rate 1000 --size 512 --target 1')).out).toMatch(/^1 shard\n/);
    expect((await capacity('--rate 10 --size 0.5mb --target 0.5')).out).toMatch(/^10 shards\n/);
  });

  it('gives JSON', async () => {
    const { out } = await capacity('--rate 1000 --size 1KB --json');
    expect(JSON.parse(out)).toMatchObject({
      recordsPerSecond: 1_000,
      bytesPerRecord: 1_024,
      shards: { byBytes: 2, byRecords: 2, byReads: 1, needed: 2 },
      costs: { cheaper: 'provisioned' },
      prices: { region: 'us-east-1' },
    });
  });

  it.each([
    ['', '--rate is missing'],
    ['--rate 5', '--size is missing'],
    ['--rate five --size 1KB', '--rate takes a number from 0 to 1000000000, not five'],
    ['--rate 5 --size 1kg', '--size takes the bytes of one record, up to 10MB, not 1kg'],
    ['--rate 5 --size 11MB', '--size takes the bytes of one record, up to 10MB, not 11MB'],
    ['--rate 5 --size 0', '--size takes the bytes of one record'],
    ['--rate 5 --size 1KB --target 1.5', '--target takes a number from 0.01 to 1, not 1.5'],
    ['--rate 5 --size 1KB --peak 0', '--peak takes a number from 1 to 1000, not 0'],
    ['--rate 5 --size 1KB orders', '"orders" is one word too many'],
    ['--rates 5', 'did you mean --rate?'],
  ])('refuses "%s"', async (line, message) => {
    const { code, err } = await capacity(line);
    expect(code).toBe(2);
    expect(err).toContain(message);
  });
});
