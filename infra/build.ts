import { cpSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, type Metafile } from 'esbuild';
import type { Application } from '../shared/config/application.ts';
import { functionName } from './service.ts';

export interface Built {
  /** Folders below the output folder, one for each application. */
  readonly functions: readonly string[];
  /** Of the JavaScript in one of them. */
  readonly bytes: number;
  readonly metafile: Metafile;
}

const HANDLER = fileURLToPath(new URL('../functions/aggregate/handler.ts', import.meta.url));

/**
 * Bundles the aggregate handler once and lays it out for each application: handler.js with its
 * chunks, application.json, and a package.json that makes Lambda take .js for ESM.
 * What stood in the output folder is removed.
 */
export async function buildFunctions(
  applications: readonly Application[],
  outDir: string,
  handler: string = HANDLER,
): Promise<Built> {
  rmSync(outDir, { recursive: true, force: true });
  const bundled = join(outDir, '.bundle');
  // Ahead of esbuild, which would say in its own words that it may not write.
  mkdirSync(bundled, { recursive: true });
  const { metafile } = await bundle(handler, bundled);
  writeFileSync(join(bundled, 'package.json'), '{"type":"module"}\n');

  const functions = applications.map((application) => {
    const folder = join(outDir, functionName(application));
    mkdirSync(folder, { recursive: true });
    cpSync(bundled, folder, { recursive: true });
    writeFileSync(join(folder, 'application.json'), JSON.stringify(application));
    return functionName(application);
  });
  rmSync(bundled, { recursive: true });
  const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
  return { functions, bytes, metafile };
}

/** `buildFunctions` for a user: a folder that cannot be written to is theirs, not a fault of ours. */
export async function buildOrRefuse(
  applications: readonly Application[],
  outDir: string,
  UserError: new (message: string, code: string) => Error,
): Promise<void> {
  try {
    await buildFunctions(applications, outDir);
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
