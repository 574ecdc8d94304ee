import { randomBytes } from 'node:crypto';

/** In characters: https://docs.aws.amazon.com/kinesis/latest/APIReference/API_PutRecordsRequestEntry.html */
const MAX_KEY = 256;

/** Gives the function that finds a line's partition key: the value of a field, or something random. Never throws. */
export function partitionKeyOf(field: string | null): (line: string) => string {
  if (field === null) return random;
  return (line) => {
    const value = fieldOf(line, field);
    if (typeof value === 'number' || typeof value === 'boolean') return String(value);
    if (typeof value !== 'string' || value === '') return random();
    // 256 code units are never more than 256 characters; half a surrogate pair would be no UTF-8.
    return value.slice(0, MAX_KEY).toWellFormed();
  };
}

function fieldOf(line: string, field: string): unknown {
  try {
    const parsed: unknown = JSON.parse(line);
    const isObject = parsed instanceof Object && Object.hasOwn(parsed, field);
    return isObject ? (parsed as Record<string, unknown>)[field] : undefined;
  } catch {
    // Something else than pino has written to the stream. It is sent as it is.
    return undefined;
  }
}

/** Short: an aggregate holds each key of its records. */
function random(): string {
  return randomBytes(6).toString('base64url');
}
