import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ServiceFunction } from '../infra/function.ts';
import { type Entrance, startEntrance } from './entrance.ts';
import { createRuntime } from './runtime.ts';

export interface HttpOptions {
  /** The stream that can be posted to, and the function behind it. */
  readonly stream: string;
  readonly fn: ServiceFunction;
  /** Holds the function's packaged folder. */
  readonly dist: string;
  /** The emulators' endpoints and credentials, added to the function's own environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** The file that gets what the function writes. */
  readonly logFile: string;
  /** The port to use if it is free. */
  readonly port: number;
}

/** The HTTP entrance of one stream, with its packaged function in child processes. */
export async function startHttp(options: HttpOptions): Promise<Entrance> {
  const { stream, fn, dist, environment, logFile, port } = options;
  const runtime = createRuntime({
    functionName: fn.physicalName,
    folder: join(dist, fn.name),
    environment: { ...fn.environment, ...environment },
    timeoutMs: fn.timeoutSeconds * 1000,
    memoryMb: fn.memoryMb,
    log: (line) => appendFileSync(logFile, `${fn.name} ${line}\n`),
  });
  const { url, stop } = await startEntrance({
    routes: { [stream]: (event) => runtime.invoke(event) },
    port,
  });
  return {
    url: `${url}/${stream}`,
    async stop() {
      await stop();
      await runtime.stop();
    },
  };
}
