import { Worker } from 'node:worker_threads';
import { expect, it } from 'vitest';

it('the largest records of each format, made to cost most, fit a small heap', async () => {
  const worker = new Worker(new URL('./memory.worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 160, maxYoungGenerationSizeMb: 32 },
  });
  const done: unknown[] = [];
  worker.on('message', (message) => done.push(message));
  const code = await new Promise((resolve, reject) => {
    worker.on('error', reject);
    worker.on('exit', resolve);
  });
  expect(code).toBe(0);
  expect(done).toHaveLength(19);
});
