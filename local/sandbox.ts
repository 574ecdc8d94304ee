import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import type { SandboxMessage } from './runtime-protocol.ts';

/** The function threw, ran out of time, or its process ended under it. */
export class FunctionError extends Error {
  override readonly name = 'FunctionError';
  /** The function's own error name, or Lambda's: Sandbox.Timedout, Runtime.ExitError, Runtime.ImportModuleError. */
  readonly errorType: string;
  readonly trace: readonly string[];
  constructor(errorType: string, message: string, trace: readonly string[] = []) {
    super(message);
    this.errorType = errorType;
    this.trace = trace;
  }
}

export interface Sandbox {
  /** Runs one invoke; a second before its end is a defect of the caller. Rejects with FunctionError. */
  invoke(event: unknown, requestId: string): Promise<unknown>;
  readonly peakRssKb: number;
  /** False once its process has ended or is being ended: it cannot be used again. */
  readonly usable: boolean;
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>;
}

export interface SandboxOptions {
  readonly folder: string;
  /** The whole environment: nothing is inherited but PATH. */
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  /** Hears each line that the function writes. */
  readonly log: (line: string) => void;
}

/** Lambda's time for loading a function: https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtime-environment.html */
const INIT_MS = 10_000;

/** Starts a process for one function folder. The module loads meanwhile; `invoke` waits for it. */
export function startSandbox(options: SandboxOptions): Sandbox {
  const child = spawn(
    process.execPath,
    [heapOption(options.memoryMb), fileURLToPath(import.meta.resolve('./runtime-child.ts'))],
    {
      cwd: options.folder,
      // The terminal's Ctrl-C must not reach an invoke that is being waited for.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: {
        PATH: process.env.PATH,
        TZ: ':UTC',
        ...options.environment,
        LAMBDA_TASK_ROOT: options.folder,
      },
    },
  );
  let peakRssKb = 0;
  let usable = true;
  let hear: ((message: SandboxMessage | FunctionError) => void) | null = null;
  let early: SandboxMessage | FunctionError | null = null;

  const gone = new Promise<void>((resolve) => {
    child.once('error', (error) => fail('Runtime.ExitError', error.message, resolve));
    child.once('exit', (code, signal) => {
      const how = signal === null ? `exit status ${code}` : `signal ${signal}`;
      fail('Runtime.ExitError', `the function's process ended with ${how}`, resolve);
    });
  });
  child.on('message', (message) => tell(message as SandboxMessage));
  forwardLines(child.stdout, options.log);
  forwardLines(child.stderr, options.log);
  const killOnExit = () => child.kill('SIGKILL');
  process.once('exit', killOnExit);
  void gone.then(() => process.off('exit', killOnExit));

  const ready = next(INIT_MS, () => `loading took more than ${INIT_MS / 1000} s`).then(
    (message) => {
      if (message.kind === 'initError') {
        const { errorMessage, trace } = message.error;
        void kill();
        throw new FunctionError('Runtime.ImportModuleError', errorMessage, trace);
      }
    },
  );
  ready.catch(() => {});

  return {
    invoke,
    kill,
    get peakRssKb() {
      return peakRssKb;
    },
    get usable() {
      return usable;
    },
  };

  async function invoke(event: unknown, requestId: string): Promise<unknown> {
    await ready;
    const { timeoutMs } = options;
    const answer = next(
      timeoutMs,
      () => `Task timed out after ${(timeoutMs / 1000).toFixed(2)} seconds`,
    );
    // A process that ended between two invokes shows by its exit event, not by this call.
    child.send({ event, requestId, deadline: Date.now() + timeoutMs }, () => {});
    const message = await answer;
    if (message.kind === 'response' || message.kind === 'error') peakRssKb = message.peakRssKb;
    if (message.kind === 'response') return message.response;
    if (message.kind !== 'error') throw new Error(`unexpected message: ${message.kind}`);
    const { errorType, errorMessage, trace } = message.error;
    throw new FunctionError(errorType, errorMessage, trace);
  }

  /** The child's next message; after `ms` the child is killed and the promise rejects. */
  function next(ms: number, timedOut: () => string): Promise<SandboxMessage> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        settle(new FunctionError('Sandbox.Timedout', timedOut()));
        void kill();
      }, ms);
      const settle = (message: SandboxMessage | FunctionError) => {
        clearTimeout(timer);
        hear = null;
        if (message instanceof FunctionError) reject(message);
        else resolve(message);
      };
      hear = settle;
      if (early !== null) settle(early);
    });
  }

  function tell(message: SandboxMessage | FunctionError): void {
    if (hear !== null) hear(message);
    else if (message instanceof FunctionError) early = message;
  }

  function fail(errorType: string, message: string, resolve: () => void): void {
    usable = false;
    resolve();
    tell(new FunctionError(errorType, message));
  }

  function kill(): Promise<void> {
    usable = false;
    child.kill('SIGKILL');
    return gone;
  }
}

function forwardLines(stream: ChildProcess['stdout'], log: (line: string) => void): void {
  createInterface({ input: stream as Readable }).on('line', log);
}

/** Node sizes its heap by the machine; in a function it has to keep to the function's memory. */
function heapOption(memoryMb: number): string {
  return `--max-old-space-size=${Math.floor(memoryMb * 0.7)}`;
}
