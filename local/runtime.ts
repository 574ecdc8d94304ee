import { ACCOUNT, REGION } from './clients.ts';
import { type Sandbox, startSandbox } from './sandbox.ts';

export interface RuntimeOptions {
  readonly functionName: string;
  /** A packaged function: holds `handler.js`, an ES module that exports `handler`. */
  readonly folder: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly memoryMb: number;
  readonly log?: (line: string) => void;
}

export interface Runtime {
  readonly functionArn: string;
  /** Runs the function; rejects with FunctionError. Several at once get a sandbox each. */
  invoke(event: unknown, requestId?: string): Promise<unknown>;
  /** Kills every sandbox in mid-invoke with SIGKILL; the next invoke gets a fresh one. */
  kill(): Promise<void>;
  /** Ends all sandboxes for good. */
  stop(): Promise<void>;
  /** Highest memory of one sandbox so far, in kB. */
  peakRssKb(): number;
}

/**
 * Runs one packaged function as Lambda does: a process per concurrent invoke, kept warm in between,
 * thrown away after a timeout or a crash.
 */
export function createRuntime(options: RuntimeOptions): Runtime {
  const { functionName } = options;
  const functionArn = `arn:aws:lambda:${REGION}:${ACCOUNT}:function:${functionName}`;
  const all = new Set<Sandbox>();
  const idle: Sandbox[] = [];
  let peak = 0;
  return { functionArn, invoke, kill, stop: kill, peakRssKb: () => peak };

  async function invoke(event: unknown, requestId: string = crypto.randomUUID()): Promise<unknown> {
    const sandbox = warm() ?? start();
    try {
      return await sandbox.invoke(event, requestId);
    } finally {
      peak = Math.max(peak, sandbox.peakRssKb);
      if (sandbox.usable) idle.push(sandbox);
      else all.delete(sandbox);
    }
  }

  function warm(): Sandbox | undefined {
    for (;;) {
      const sandbox = idle.pop();
      if (sandbox === undefined || sandbox.usable) return sandbox;
      all.delete(sandbox);
    }
  }

  function start(): Sandbox {
    const sandbox = startSandbox({
      folder: options.folder,
      environment: {
        ...options.environment,
        AWS_LAMBDA_FUNCTION_NAME: functionName,
        AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
        AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(options.memoryMb),
        SLUICE_LOCAL_FUNCTION_ARN: functionArn,
      },
      timeoutMs: options.timeoutMs,
      memoryMb: options.memoryMb,
      log: options.log ?? (() => {}),
    });
    all.add(sandbox);
    return sandbox;
  }

  async function kill(): Promise<void> {
    const victims = [...all];
    all.clear();
    idle.length = 0;
    await Promise.all(victims.map((sandbox) => sandbox.kill()));
  }
}
