import { registerHooks } from 'node:module';

/** One place of the code under test, as a guard's absence would leave it. */
export interface Patch {
  /** From the root of the repository. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

/**
 * Loads files of this thread with patches in them: before anything has imported them. Throws where
 * a patch does not find its place exactly once, so that no guard is tested against sound code.
 */
export function applyPatches(patches: readonly Patch[]): void {
  const root = new URL('../../', import.meta.url);
  const urls = new Map(patches.map((patch) => [new URL(patch.file, root).href, patch.file]));
  if (urls.size === 0) return;
  registerHooks({
    load: (url, context, nextLoad) => {
      const loaded = nextLoad(url, context);
      const file = urls.get(url);
      if (file === undefined) return loaded;
      const sound = String(loaded.source);
      const source = patches
        .filter((patch) => patch.file === file)
        .reduce((text, patch) => replaceOnce(text, patch), sound);
      return { ...loaded, source };
    },
  });
}

function replaceOnce(text: string, { file, find, replace }: Patch): string {
  const parts = text.split(find);
  if (parts.length === 2) return parts.join(replace);
  throw new Error(`${file} has ${parts.length - 1} places like this, not one: ${find}`);
}
