/** Protobuf's wire format, as much of it as a KPL aggregate needs: https://protobuf.dev/programming-guides/encoding/ */

/** A window on a message: reading moves `at` and never passes `end`. */
export interface Cursor {
  readonly bytes: Buffer;
  at: number;
  end: number;
}

/** The bytes are no protobuf message. Thrown by the readers; the message says what and at which byte. */
export class WireError extends Error {
  override readonly name = 'WireError';
}

const MAX_TAG = 0xffff_ffff;
const GROUP_START = 3;
const GROUP_END = 4;
/** As deep as Google's own parsers follow nested messages. */
const MAX_DEPTH = 100;

/**
 * Reads an unsigned varint of up to 64 bits. Values from 2^53 on are rounded, which no caller
 * minds: every length and index has a far lower bound. Throws WireError.
 */
export function readVarint(cursor: Cursor): number {
  const { bytes, at, end } = cursor;
  // Nearly every number here has one or two bytes.
  if (end - at >= 2) {
    const low = bytes[at] as number;
    if (low < 0x80) {
      cursor.at = at + 1;
      return low;
    }
    const high = bytes[at + 1] as number;
    if (high < 0x80) {
      cursor.at = at + 2;
      return (high << 7) | (low & 0x7f);
    }
  }
  return readLongVarint(cursor);
}

function readLongVarint(cursor: Cursor): number {
  const { bytes, end } = cursor;
  let at = cursor.at;
  let value = 0;
  let scale = 1;
  for (let n = 1; n <= 10; n++) {
    if (at >= end) throw new WireError(`The message ends inside a number at byte ${at}.`);
    const byte = bytes[at++] as number;
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) {
      if (n === 10 && byte > 1) break;
      cursor.at = at;
      return value;
    }
    scale *= 128;
  }
  throw new WireError(`The number at byte ${cursor.at} is longer than 64 bits.`);
}

/** Reads a field's tag: its number times 8 plus its wire type. Throws WireError. */
export function readTag(cursor: Cursor): number {
  const start = cursor.at;
  const tag = readVarint(cursor);
  if (tag < 8 || tag > MAX_TAG) throw new WireError(`The bytes at ${start} begin no field.`);
  return tag;
}

/** Reads a length and gives where what follows ends, inside the cursor's window. Throws WireError. */
export function readEnd(cursor: Cursor): number {
  const start = cursor.at;
  const end = readVarint(cursor) + cursor.at;
  if (end > cursor.end) {
    throw new WireError(`The length at byte ${start} runs past the end of its message.`);
  }
  return end;
}

/** Passes over the field whose tag was just read, whatever its type. Throws WireError. */
export function skipField(cursor: Cursor, tag: number, depth = 0): void {
  const type = tag & 7;
  if (type === 0) readVarint(cursor);
  else if (type === 1) skipBytes(cursor, 8);
  else if (type === 2) cursor.at = readEnd(cursor);
  else if (type === GROUP_START) skipGroup(cursor, tag, depth + 1);
  else if (type === 5) skipBytes(cursor, 4);
  else throw new WireError(`The field before byte ${cursor.at} has a type that does not exist.`);
}

function skipGroup(cursor: Cursor, start: number, depth: number): void {
  if (depth > MAX_DEPTH) throw new WireError(`Groups nest too deep at byte ${cursor.at}.`);
  const stop = start - GROUP_START + GROUP_END;
  for (let tag = readTag(cursor); tag !== stop; tag = readTag(cursor)) {
    skipField(cursor, tag, depth);
  }
}

function skipBytes(cursor: Cursor, count: number): void {
  if (count > cursor.end - cursor.at) {
    throw new WireError(`The message ends inside a field at byte ${cursor.at}.`);
  }
  cursor.at += count;
}
