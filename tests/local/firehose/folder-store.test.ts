import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve, sep } from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { fileName, folderStore } from '../../../local/firehose/folder-store.ts';
import { readObjects } from '../../helpers/archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-store-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('folderStore', () => {
  it('puts an object where its key says, and leaves no part of one', async () => {
    await folderStore(folder).put('date=2026-05-02/a.txt', Buffer.from('hello\n'));
    await folderStore(folder).put('date=2026-05-02/a.txt', Buffer.from('again\n'));
    expect([...readObjects(folder)].map(([key, bytes]) => [key, bytes.toString()])).toEqual([
      ['date=2026-05-02/a.txt', 'again\n'],
    ]);
  });

  it('leaves no part of an object that cannot be written', async () => {
    const store = folderStore(join(folder, 'full'));
    await store.put('taken/one', Buffer.from('1'));
    await expect(store.put('taken', Buffer.from('2'))).rejects.toThrow('EISDIR');
    expect(readdirSync(join(folder, 'full'))).toEqual(['taken']);
  });
});

describe('fileName', () => {
  it('makes a file name of every part of a key, and keeps within the folder', () => {
    const part = fc.string({ unit: 'grapheme', maxLength: 600 }).filter((s) => !s.includes('/'));
    fc.assert(
      fc.property(
        fc.array(fc.oneof(part, fc.constantFrom('..', '.', '')), { maxLength: 6 }),
        (parts) => {
          const names = parts.map(fileName);
          for (const name of names) expect(Buffer.byteLength(name)).toBeLessThanOrEqual(255);
          expect(`${resolve('/bucket', ...names)}${sep}`.startsWith('/bucket/')).toBe(true);
        },
      ),
    );
  });

  it('tells long parts apart', () => {
    const long = 'x'.repeat(300);
    expect(fileName(`1${long}`)).not.toBe(fileName(`2${long}`));
  });

  it('leaves the names of objects as they are', () => {
    const name = 'sluice-dev-archive-1-2026-05-02-12-00-00-0c5c1d6a-6d2b-4c1e-9a53-6d3a7f3c9a11.gz';
    expect(fileName(name)).toBe(name);
  });
});
