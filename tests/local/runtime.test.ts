import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createRuntime, type Runtime } from '../../local/runtime.ts';

let folder: string;
let runtime: Runtime | undefined;
const lines: string[] = [];

const HANDLER = `
let invokes = 0;
export async function handler(event, context) {
  invokes += 1;
  const { HOME, GREETING } = process.env;
  if (event.log) console.log(event.log + '\\nsecond line');
  if (event.throw) throw new TypeError(event.throw);
  if (event.exit !== undefined) process.exit(event.exit);
  if (event.sleep) await new Promise((resolve) => setTimeout(resolve, event.sleep));
  const { awsRequestId, functionName } = context;
  const left = context.getRemainingTimeInMillis();
  return { invokes, pid: process.pid, left, awsRequestId, functionName, HOME, GREETING, cwd: process.cwd() };
}`;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-runtime-'));
  await writeFile(join(folder, 'handler.js'), HANDLER);
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
});
afterEach(() => runtime?.stop());
afterAll(() => rm(folder, { recursive: true }));

function start(timeoutMs = 20_000, of = folder): Runtime {
  runtime = createRuntime({
    functionName: 'orders-aggregate',
    folder: of,
    environment: { GREETING: 'hello' },
    timeoutMs,
    memoryMb: 512,
    log: (line) => lines.push(line),
  });
  return runtime;
}

interface Answer {
  invokes: number;
  pid: number;
  left: number;
}

describe('runtime', () => {
  it('gives the function its context and its own environment only', async () => {
    const answer = await start().invoke({}, 'request-1');
    expect(answer).toMatchObject({
      invokes: 1,
      awsRequestId: 'request-1',
      functionName: 'orders-aggregate',
      GREETING: 'hello',
    });
    expect(answer).not.toHaveProperty('HOME');
    const { left } = answer as Answer;
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(20_000);
    expect(runtime!.peakRssKb()).toBeGreaterThan(10_000);
  });

  it('keeps a sandbox warm, and has one per concurrent invoke', async () => {
    const { invoke } = start();
    const first = (await invoke({})) as Answer;
    const second = (await invoke({})) as Answer;
    expect([second.pid, second.invokes]).toEqual([first.pid, 2]);
    const two = (await Promise.all([invoke({ sleep: 50 }), invoke({ sleep: 50 })])) as Answer[];
    expect(two[0]!.pid).not.toBe(two[1]!.pid);
  });

  it('forwards what the function writes, line by line', async () => {
    await start().invoke({ log: 'first line' });
    await expect.poll(() => lines).toEqual(['first line', 'second line']);
  });

  it('a thrown error has its type and message, and the sandbox stays', async () => {
    const { invoke } = start();
    await expect(invoke({ throw: 'no such row' })).rejects.toMatchObject({
      name: 'FunctionError',
      errorType: 'TypeError',
      message: 'no such row',
    });
    expect(await invoke({})).toMatchObject({ invokes: 2 });
  });

  it('a timeout kills the process', async () => {
    const { invoke } = start(400);
    const { pid } = (await invoke({})) as Answer;
    await expect(invoke({ sleep: 60_000 })).rejects.toMatchObject({
      errorType: 'Sandbox.Timedout',
      message: 'Task timed out after 0.40 seconds',
    });
    await expect.poll(() => alive(pid)).toBe(false);
    expect(await invoke({})).toMatchObject({ invokes: 1 });
  });

  it('a crash is a function error, the next invoke has a fresh sandbox', async () => {
    const { invoke } = start();
    await invoke({});
    await expect(invoke({ exit: 3 })).rejects.toMatchObject({
      errorType: 'Runtime.ExitError',
      message: "the function's process ended with exit status 3",
    });
    expect(await invoke({})).toMatchObject({ invokes: 1 });
  });

  it('kill() ends it in mid-invoke', async () => {
    const { invoke, kill } = start();
    const { pid } = (await invoke({})) as Answer;
    const running = invoke({ sleep: 60_000 });
    running.catch(() => {});
    await sleep(50);
    await kill();
    await expect(running).rejects.toThrow("the function's process ended with signal SIGKILL");
    expect(alive(pid)).toBe(false);
    expect(await invoke({})).toMatchObject({ invokes: 1 });
  });

  it('a module that does not load fails each invoke with its message', async () => {
    const broken = await mkdtemp(join(tmpdir(), 'sluice-runtime-'));
    await writeFile(join(broken, 'handler.js'), "import './absent.js';");
    const { invoke } = start(20_000, broken);
    await expect(invoke({})).rejects.toMatchObject({ errorType: 'Runtime.ImportModuleError' });
    await expect(invoke({})).rejects.toThrow(/absent\.js/);
    await rm(broken, { recursive: true });
  });
});

function alive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
