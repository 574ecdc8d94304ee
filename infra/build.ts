import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import type { FunctionPackage } from './function.ts';

export interface Built {
  /** Of the JavaScript of each handler. */
  readonly bytes: Readonly<Record<string, number>>;
  readonly metafiles: Readonly<Record<string, Metafile>>;
}

const FUNCTIONS = fileURLToPath(new URL('../functions', import.meta.url));

/**
 * Bundles each handler once and lays it out for every function that runs it: handler.js with its
 * chunks, the function's files, and a package.json that makes Lambda take .js for ESM.
 * What stood in the output folder is removed. `handlers` holds a folder for each handler.
 */
export async function buildFunctions(
  functions: readonly FunctionPackage[],
  outDir: string,
  handlers: string = FUNCTIONS,
): Promise<Built> {
  rmSync(outDir, { recursive: true, force: true });
  // Ahead of esbuild, which would say in its own words that it may not write.
  mkdirSync(outDir, { recursive: true });
  const bundles = join(outDir, '.bundles');
  const bundleOf = (handler: string) => join(bundles, handler.replaceAll(/[/\\:]/g, '_'));
  const names = [...new Set(functions.map(({ handler }) => handler))];
  const built = await Promise.all(
    names.map(async (name): Promise<[string, Metafile]> => {
      const file = name.endsWith('.ts') ? name : join(handlers, name, 'handler.ts');
      const { metafile } = await bundle(file, bundleOf(name));
      return [name, metafile];
    }),
  );
  for (const { name, handler, files } of functions) {
    const folder = join(outDir, name);
    cpSync(bundleOf(handler), folder, { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}\n');
    for (const [file, content] of Object.entries(files)) {
      writeFileSync(join(folder, file), JSON.stringify(content));
    }
  }
  rmSync(bundles, { recursive: true, force: true });
  const bytes = built.map(([name, { outputs }]) => [
    name,
    Object.values(outputs).reduce((sum, output) => sum + output.bytes, 0),
  ]);
  return { bytes: Object.fromEntries(bytes), metafiles: Object.fromEntries(built) };
}

/** `buildFunctions` for a user: a folder that cannot be written to is theirs, not a fault of ours. */
export async function buildOrRefuse(
  functions: readonly FunctionPackage[],
  outDir: string,
  UserError: new (message: string, code: string) => Error,
): Promise<void> {
  try {
    await buildFunctions(functions, outDir);
  } catch (error) {
    const { code = '', path = outDir } = error as NodeJS.ErrnoException;
    if (!UNWRITABLE.has(code)) throw error;
    const what = `${path} cannot be written (${code}): the functions are built there`;
    throw new UserError(what, 'SLUICE_BUILD');
  }
}

const UNWRITABLE = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'ENOTDIR']);

function bundle(handler: string, outdir: string) {
  return build({
    entryPoints: { handler },
    outdir,
    bundle: true,
    minify: true,
    format: 'esm',
    platform: 'node',
    target: 'node24',
    // Packages that ship both get a third smaller as ESM: esbuild can drop what is not used.
    mainFields: ['module', 'main'],
    // What the handler imports lazily becomes a chunk of its own, loaded when first needed.
    splitting: true,
    chunkNames: '[name]-[hash]',
    legalComments: 'none',
    metafile: true,
    logLevel: 'silent',
  });
}
