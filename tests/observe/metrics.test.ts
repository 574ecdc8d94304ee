import { afterEach, describe, expect, it, vi } from 'vitest';
import { emitMetrics } from '../../shared/observe/metrics.ts';

function emitted(dimensions: Record<string, string>): Record<string, unknown> {
  const lines: string[] = [];
  emitMetrics(dimensions, { Faults: 2, BatchMs: 1.5 }, (line) => lines.push(line));
  expect(lines).toHaveLength(1);
  return JSON.parse(lines[0]!);
}

describe('metrics', () => {
  afterEach(() => vi.unstubAllEnvs());

  it('are counts and milliseconds by one set of dimensions, with the stage of the function', () => {
    vi.stubEnv('SLUICE_STAGE', 'dev');
    expect(emitted({ Application: 'orders' })).toEqual({
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: 'Sluice',
            Dimensions: [['Stage', 'Application']],
            Metrics: [
              { Name: 'Faults', Unit: 'Count' },
              { Name: 'BatchMs', Unit: 'Milliseconds' },
            ],
          },
        ],
      },
      Stage: 'dev',
      Application: 'orders',
      Faults: 2,
      BatchMs: 1.5,
    });
  });

  it('have no stage where there is none, and a stage that the caller names', () => {
    vi.stubEnv('SLUICE_STAGE', undefined);
    const { _aws, ...values } = emitted({ Application: 'orders' });
    expect(_aws).toMatchObject({ CloudWatchMetrics: [{ Dimensions: [['Application']] }] });
    expect(values).toEqual({ Application: 'orders', Faults: 2, BatchMs: 1.5 });
    vi.stubEnv('SLUICE_STAGE', 'dev');
    expect(emitted({ Stage: 'their own' })).toMatchObject({ Stage: 'their own' });
  });
});
