/**
 * A sandbox: loads `handler.js` of the folder named by LAMBDA_TASK_ROOT, then runs one invoke after
 * another as the parent sends them. Ends with its parent.
 */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { FunctionErrorBody, InvokeMessage, SandboxMessage } from './runtime-protocol.ts';

type Handler = (event: unknown, context: object) => Promise<unknown>;

process.on('disconnect', () => process.exit(0));
await main();

async function main(): Promise<void> {
  const folder = process.env.LAMBDA_TASK_ROOT ?? '';
  let handler: Handler;
  try {
    handler = await loadHandler(join(folder, 'handler.js'));
  } catch (error) {
    return send({ kind: 'initError', error: toBody(error) });
  }
  process.on('message', (message) => {
    void run(handler, message as InvokeMessage);
  });
  send({ kind: 'ready' });
}

async function loadHandler(file: string): Promise<Handler> {
  const module: unknown = await import(pathToFileURL(file).href);
  const handler = (module as { handler?: unknown }).handler;
  if (typeof handler !== 'function') throw new Error(`${file} does not export \`handler\``);
  return handler as Handler;
}

async function run(handler: Handler, { event, requestId, deadline }: InvokeMessage): Promise<void> {
  const name = process.env.AWS_LAMBDA_FUNCTION_NAME ?? '';
  const context = {
    awsRequestId: requestId,
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: process.env.SLUICE_LOCAL_FUNCTION_ARN ?? '',
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? '',
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  try {
    const response = (await handler(event, context)) ?? null;
    send({ kind: 'response', response, peakRssKb: process.resourceUsage().maxRSS });
  } catch (error) {
    send({ kind: 'error', error: toBody(error), peakRssKb: process.resourceUsage().maxRSS });
  }
}

function send(message: SandboxMessage): void {
  process.send?.(message);
}

function toBody(error: unknown): FunctionErrorBody {
  if (!(error instanceof Error)) {
    return { errorType: typeof error, errorMessage: String(error), trace: [] };
  }
  const trace = (error.stack ?? '').split('\n');
  return { errorType: error.name, errorMessage: error.message, trace };
}
