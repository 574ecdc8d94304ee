import { RecordFault } from '../records/types.ts';

/** A record that cannot be delivered, by its reason: words that are counted. */
export class TransformError extends Error {
  override readonly name = 'TransformError';
  readonly reason: string;
  /** `message` is logged: it never quotes the record. */
  constructor(reason: string, message: string) {
    super(message);
    this.reason = reason;
  }
}

export interface Refusal {
  readonly reason: string;
  readonly message: string;
}

/** What may be told of an error. The messages of errors that are not ours may quote the record. */
export function refusalOf(thrown: unknown): Refusal {
  if (thrown instanceof TransformError || thrown instanceof RecordFault) {
    return { reason: thrown.reason, message: thrown.message };
  }
  return { reason: 'ERROR', message: placeOf(thrown) };
}

/** The kind of an error, and the line of code that threw it. */
function placeOf(thrown: unknown): string {
  try {
    const { name, message, stack } = thrown as Error;
    const frames = stack!.slice(stack!.indexOf(message) + message.length);
    const place = /^\s+(at .*)$/m.exec(frames)?.[1] ?? 'at an unknown place';
    return `${/^\w{1,64}$/.test(name) ? name : 'Error'} ${place}`;
  } catch {
    return 'the transformer threw what is no Error';
  }
}
