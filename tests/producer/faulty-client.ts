import type { PutRecordsInput, PutRecordsOutput } from '@aws-sdk/client-kinesis';
import { CREDENTIALS, REGION } from '../../local/clients.ts';
import { producerClient } from '../../shared/producer/client.ts';

/** What shall happen to one PutRecords request. */
export type Fault =
  | { readonly kind: 'none' }
  /** These records (by their place) are refused; the others arrive. */
  | { readonly kind: 'refuse'; readonly which: (index: number) => boolean; readonly code: string }
  /** The request fails as a whole, before anything arrives. */
  | { readonly kind: 'fail'; readonly name: string; readonly status: number }
  /** All arrive; the answer does not. */
  | { readonly kind: 'lose' }
  /** Nothing arrives, and for a while no answer comes either. */
  | { readonly kind: 'hang' };

/** Chooses a fault for each PutRecords request, by its number (from 0) and content. */
export type Plan = (turn: number, input: PutRecordsInput) => Fault;

/** A client of the emulator whose PutRecords go wrong as planned. The records that arrive are really put. */
export function faultyClient(endpoint: string, plan: Plan) {
  process.env.AWS_ACCESS_KEY_ID ??= CREDENTIALS.accessKeyId;
  process.env.AWS_SECRET_ACCESS_KEY ??= CREDENTIALS.secretAccessKey;
  const client = producerClient({ endpoint, region: REGION });
  const requests: PutRecordsInput[] = [];
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (context.commandName !== 'PutRecordsCommand') return next(args);
      const input = args.input as PutRecordsInput;
      const fault = plan(requests.push(input) - 1, input);
      if (fault.kind === 'fail') throw failure(fault.name, fault.status);
      if (fault.kind === 'hang') {
        await new Promise((resolve) => setTimeout(resolve, 50));
        throw failure('TimeoutError', 0);
      }
      if (fault.kind !== 'refuse') {
        const result = await next(args);
        if (fault.kind === 'lose') throw failure('TimeoutError', 0);
        return result;
      }
      const all = input.Records!;
      const passed = all.filter((_, i) => !fault.which(i));
      const result =
        passed.length === 0 ? null : await next({ ...args, input: { ...input, Records: passed } });
      const output = (result?.output ?? { $metadata: {} }) as PutRecordsOutput;
      const arrived = [...(output.Records ?? [])];
      const Records = all.map((_, i) =>
        fault.which(i) ? { ErrorCode: fault.code, ErrorMessage: 'injected' } : arrived.shift()!,
      );
      return { response: result?.response, output: { ...output, Records } as never };
    },
    { step: 'initialize' },
  );
  return { client, requests };
}

function failure(name: string, status: number): Error {
  const error = new Error('injected');
  return Object.assign(error, { name, $metadata: { httpStatusCode: status } });
}
