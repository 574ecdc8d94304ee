import { createHash } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ObjectStore } from './types.ts';

/** Of a file's name, on all file systems that are common. */
const NAME_BYTES = 255;
const HASH_LENGTH = 16;

/**
 * A folder in the place of a bucket: the key of an object is its path. Parts of a key that would be no
 * file name, or lead out of the folder, are changed so that they are one.
 */
export function folderStore(folder: string): ObjectStore {
  return {
    async put(key, bytes) {
      const path = join(folder, ...key.split('/').map(fileName));
      await mkdir(dirname(path), { recursive: true });
      const part = join(dirname(path), `.${crypto.randomUUID()}.part`);
      try {
        await writeFile(part, bytes, { flush: true });
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true }).catch(() => {});
        throw error;
      }
    },
  };
}

/** A part of a key as a file's name: `..`, for one, is a name like others in S3. */
export function fileName(part: string): string {
  const text = part
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no file's name has them
    .replace(/[\u0000-\u001f\\:*?"<>|]/g, percentCode)
    .replace(/^\.+$/, (dots) => dots.replaceAll('.', percentCode));
  if (Buffer.byteLength(text) <= NAME_BYTES) return text;
  const hash = createHash('sha256').update(text).digest('hex').slice(0, HASH_LENGTH);
  // The end tells more objects apart than the beginning; a character has at most 4 bytes.
  const kept = [...text].slice(-Math.floor((NAME_BYTES - HASH_LENGTH - 1) / 4)).join('');
  return `${hash}-${kept}`;
}

function percentCode(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
