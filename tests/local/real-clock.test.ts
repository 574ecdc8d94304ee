import { setImmediate as turn } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { realClock } from '../../local/real-clock.ts';

it('does not wait for what has passed, and Node has nothing to warn of', async () => {
  const warnings: string[] = [];
  const hear = ({ name }: Error) => warnings.push(name);
  process.on('warning', hear);
  await realClock.sleep(-5);
  await turn();
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});
