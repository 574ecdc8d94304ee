import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { IncomingMessage } from 'node:http';
import type { Runtime } from '../../local/runtime.ts';

/** One SIGKILL that is to come. */
export interface Kill {
  readonly name: string;
  /** Whether an invoke with records of this shard, about to begin, is one to be killed. */
  readonly due: (shardId: string) => boolean;
  /** How many writes of the function are let through. */
  readonly writes: number;
}

export interface Killer {
  /** Runs an invoke, and kills the function in the middle of its writes if a kill is due. */
  readonly around: <T>(shardId: string, invoke: () => Promise<T>) => Promise<T>;
  /** Names of the kills that have hit, in that order. */
  readonly done: readonly string[];
  readonly stop: () => void;
}

const REQUEST = 'http.server.request.start';

/** DynamoDB is emulated in this process, at `port`: each write is seen as it comes in. */
export function createKiller(runtime: Runtime, port: number, plan: readonly Kill[]): Killer {
  const done: string[] = [];
  const onWrite = new Set<() => void>();
  const hear = (message: unknown): void => {
    const { request } = message as { request: IncomingMessage };
    const isWrite = String(request.headers['x-amz-target']).endsWith('.UpdateItem');
    if (!isWrite || request.socket.localPort !== port) return;
    for (const tell of onWrite) tell();
  };
  subscribe(REQUEST, hear);
  return { around, done, stop: () => unsubscribe(REQUEST, hear) };

  async function around<T>(shardId: string, invoke: () => Promise<T>): Promise<T> {
    const kill = plan.find(({ name, due }) => !done.includes(name) && due(shardId));
    if (kill === undefined) return invoke();
    let left = kill.writes;
    let killed = false;
    const count = (): void => {
      left -= 1;
      if (left >= 0 || killed) return;
      killed = true;
      // It takes the sandboxes of all shards.
      void runtime.kill();
    };
    onWrite.add(count);
    try {
      return await invoke();
    } catch (error) {
      if (killed && !done.includes(kill.name)) done.push(kill.name);
      throw error;
    } finally {
      onWrite.delete(count);
    }
  }
}
