import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly output: string;
}

/**
 * Runs the serverless command in the root of the project, without credentials and with no input:
 * it would wait for ever on an open one.
 */
export function serverless(args: readonly string[], env: Record<string, string> = {}) {
  return run([`${ROOT}node_modules/serverless/bin/serverless.js`, ...args], ROOT, env);
}

/** Runs this very Node with the arguments in a folder. */
export function run(
  args: readonly string[],
  cwd: string,
  env: Record<string, string> = {},
): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, args, {
      cwd,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
      env: { ...withoutAws(process.env), ...env },
    });
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    child.stderr.on('data', (chunk) => {
      output += chunk;
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

function withoutAws(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const kept = Object.entries(env).filter(([name]) => !name.startsWith('AWS_'));
  return Object.fromEntries(kept);
}
