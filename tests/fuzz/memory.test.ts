import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { CASES } from './memory-cases.ts';

const child = fileURLToPath(new URL('./memory-child.ts', import.meta.url));

/** What a deployed function has. */
const MEGABYTES = 1024;

/** The largest and the most deceptive input, each in a process that ends where its memory does. */
describe('memory', () => {
  it.each(Object.entries(CASES))('%s', { timeout: 300_000 }, async (name, { gives }) => {
    const heap = '--max-old-space-size=512';
    const { stdout } = await promisify(execFile)(process.execPath, [heap, child, name]);
    const { told, mb } = JSON.parse(stdout);
    expect(told).toEqual(gives);
    expect(mb).toBeLessThan(MEGABYTES);
  });
});
