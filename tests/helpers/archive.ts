import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** The objects in a folder that stands for a bucket, unpacked, by their keys. */
export function readObjects(folder: string): ReadonlyMap<string, Buffer> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const keys = names.filter((name) => statSync(join(folder, name)).isFile()).sort();
  return new Map(
    keys.map((key) => {
      const bytes = readFileSync(join(folder, key));
      return [key, key.endsWith('.gz') ? gunzipSync(bytes) : bytes];
    }),
  );
}

/** The lines of all objects whose keys begin so. */
export function readLines(folder: string, prefix: string): string[] {
  return [...readObjects(folder)].flatMap(([key, content]) => {
    const text = content.toString();
    if (!key.startsWith(prefix)) return [];
    if (!text.endsWith('\n')) throw new Error(`${key} does not end in a line break`);
    return text.slice(0, -1).split('\n');
  });
}
