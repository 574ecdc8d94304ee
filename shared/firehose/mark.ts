import { fromBase64 } from '../records/payload.ts';

/**
 * A record that was put back carries in front of its data how often that has been done, and when it
 * first arrived: nothing else would end its rounds, and its partition by date would change.
 */
export interface Mark {
  readonly rounds: number;
  /** Milliseconds since 1970. */
  readonly arrival: number;
}

/** No text begins so. Nine bytes are twelve characters of base64, whatever follows. */
const MAGIC = Buffer.from('\0sluice/1');
const MAGIC_TEXT = MAGIC.toString('base64');
const ARRIVAL_AT = MAGIC.length + 1;
const ARRIVAL_BYTES = 6;
const HEAD = ARRIVAL_AT + ARRIVAL_BYTES;

export function marked(data: Buffer, { rounds, arrival }: Mark): Buffer {
  const bytes = Buffer.allocUnsafe(HEAD + data.length);
  MAGIC.copy(bytes);
  bytes[MAGIC.length] = rounds;
  bytes.writeUIntBE(arrival, ARRIVAL_AT, ARRIVAL_BYTES);
  data.copy(bytes, HEAD);
  return bytes;
}

/** Whether it is worth looking for a mark in the data of a record, if it is base64: false is certain. */
export function looksMarked(data: unknown): data is string {
  return typeof data === 'string' && data.startsWith(MAGIC_TEXT);
}

/** How often the record of this data has been put back: 0 for almost all. */
export function roundsOf(base64: unknown): number {
  if (!looksMarked(base64)) return 0;
  return unmarked(fromBase64(base64.slice(0, 24)) ?? Buffer.alloc(0)).mark?.rounds ?? 0;
}

/** The data as the producer put it, and the mark that stood before it. */
export function unmarked(data: Buffer): { readonly data: Buffer; readonly mark: Mark | null } {
  if (data.length < HEAD || !data.subarray(0, MAGIC.length).equals(MAGIC)) {
    return { data, mark: null };
  }
  const rounds = data[MAGIC.length]!;
  const arrival = data.readUIntBE(ARRIVAL_AT, ARRIVAL_BYTES);
  return { data: data.subarray(HEAD), mark: { rounds, arrival } };
}
