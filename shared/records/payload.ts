import { isUtf8 } from 'node:buffer';
import { decodeBase64 } from './base64.ts';
import { isTooDeep } from './json/depth.ts';
import { RecordFault } from './types.ts';

/** The bytes behind base64, by default in memory of their own; null unless it is base64. */
export function fromBase64(
  text: string,
  allocate: (size: number) => Buffer = Buffer.allocUnsafe,
): Buffer | null {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  const size = Math.max(0, (text.length >>> 2) * 3 - padding);
  const bytes = allocate(size);
  return decodeBase64(text, bytes) === size ? bytes : null;
}

/** Throws RecordFault BAD_ENCODING where `text` was made of bytes that are not UTF-8. */
export function checkUtf8(text: string, bytes: () => Buffer): string {
  // What is not UTF-8 has become U+FFFD, which a text may also hold by itself.
  if (text.includes('\ufffd') && !isUtf8(bytes())) {
    throw new RecordFault('BAD_ENCODING', 'the data of the record is not UTF-8');
  }
  return text;
}

/** Throws RecordFault BAD_JSON, or BAD_TYPE where the value does not pass `is`. */
export function parseJson<T>(text: string, is?: (value: unknown) => value is T): unknown {
  const value = parse(text);
  if (is === undefined || is(value)) return value;
  throw new RecordFault('BAD_TYPE', 'the JSON of the record is not of the expected form');
}

function parse(text: string): unknown {
  if (isTooDeep(text)) {
    throw new RecordFault('BAD_JSON', 'the JSON of the record is nested deeper than 1000 levels');
  }
  try {
    return JSON.parse(text);
  } catch {
    // The engine's own message quotes the data, and messages get into logs.
    throw new RecordFault('BAD_JSON', 'the data of the record is not JSON');
  }
}
