import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { onTestFinished } from 'vitest';
import type { Io } from '../../cli/io.ts';
import { main } from '../../cli/main.ts';

export interface Result {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

export const EXECUTABLE = fileURLToPath(new URL('../../cli/sluice.ts', import.meta.url));

/** Runs the real executable in a process of its own. */
export function sluice(
  args: readonly string[],
  { cwd, env }: { cwd: string; env?: Record<string, string> },
): Promise<Result> {
  const child = spawn(process.execPath, [EXECUTABLE, ...args], {
    cwd,
    env: { ...process.env, FORCE_COLOR: undefined, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    err += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}

/** The same in this process: quick, but files have to be named from the root of the project. */
export async function run(args: readonly string[], stdin: string | Buffer = ''): Promise<Result> {
  return capture((io) => main(args, io), stdin);
}

/** What a command writes. */
export async function capture(
  command: (io: Io) => Promise<number>,
  stdin: string | Buffer = '',
): Promise<Result> {
  let out = '';
  let err = '';
  const sink = (write: (text: string) => void) => ({ write, isTerminal: false, color: false });
  const code = await command({
    stdin: Readable.from([Buffer.from(stdin)]),
    out: sink((text) => {
      out += text;
    }),
    err: sink((text) => {
      err += text;
    }),
  });
  return { code, out, err };
}

/** A folder with these files, for one test. */
export function folder(files: Readonly<Record<string, string | Buffer>>): string {
  const path = mkdtempSync(join(tmpdir(), 'sluice-cli-'));
  onTestFinished(() => rmSync(path, { recursive: true }));
  for (const [name, content] of Object.entries(files)) writeFileSync(join(path, name), content);
  return path;
}

/** Clicks by page and minute of arrival; 1000 / ms fails where ms is 0. */
export const CLICKS = `CREATE OR REPLACE STREAM "PAGES" (
  "page" VARCHAR(64), "hits" BIGINT, "slowest" BIGINT, "last" TIMESTAMP);
CREATE OR REPLACE PUMP "PAGES_PUMP" AS INSERT INTO "PAGES"
SELECT STREAM c."page", COUNT(*), MAX(c."ms"), MAX(c."at")
FROM "CLICKS_001" AS c
WHERE 1000 / c."ms" >= 0
GROUP BY c."page", STEP(c.ROWTIME BY INTERVAL '1' MINUTE);
`;
export const CLICK_COLUMNS = '"page" VARCHAR(64), "ms" BIGINT, "at" TIMESTAMP';
export const COMMENTED_CLICKS = `-- input: CLICKS_001 (${CLICK_COLUMNS})\n${CLICKS}`;

export const CLICK_ROWS = `{"page":"/","ms":12,"at":"2026-01-31T12:00:00.250Z","ROWTIME":"2026-01-31 12:00:01.000"}
{"page":"/","ms":9007199254740993,"at":"2026-01-31T12:00:30Z","ROWTIME":"2026-01-31T12:00:31Z"}
{"ms":5,"ROWTIME":1769860893000}
`;

export const STREAMS = `streams:
  clicks: { shards: 1, retention: 24h, format: json }
applications:
  web:
    stream: clicks
    sql: clicks.sql
    schema: { page: VARCHAR(64), ms: { type: BIGINT, path: $.took.ms }, at: TIMESTAMP }
    outputs: { PAGES: { table: results } }
`;
