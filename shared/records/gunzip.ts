import { gunzipSync } from 'node:zlib';
import { RecordFault } from './types.ts';

/** The text of a record and its rows have to fit a function's memory several times over. */
const MOST_BYTES = 64 * 2 ** 20;
/** Log text shrinks to a tenth, to a fiftieth at best; DEFLATE can do 1,032 (zlib.net/zlib_tech.html). */
const MOST_RATIO = 200;
/** Always allowed: a single log event of CloudWatch can be as long, and hold one character. */
const FEW_BYTES = 2 ** 20;

/** Does it begin as gzip does (RFC 1952)? No text in UTF-8 does. */
export function isGzip(buf: Buffer, start: number, end: number): boolean {
  return end - start >= 2 && buf[start] === 0x1f && buf[start + 1] === 0x8b;
}

/** Sound so far, and larger unpacked than it may be. */
export class UnpackedTooLarge extends RecordFault {}

/**
 * Unpacks the gzip members in buf[start … end), one behind another. Holds at most `mostBytes`
 * (64 MiB), and past 1 MiB at most 200 times the input, once (twice for several members). Throws
 * RecordFault BAD_GZIP for what is damaged or cut, UnpackedTooLarge for what is larger unpacked.
 */
export function gunzip(
  buf: Buffer,
  start: number,
  end: number,
  mostBytes: number = MOST_BYTES,
): Buffer {
  const input = buf.subarray(start, end);
  const most = Math.min(mostBytes, Math.max(FEW_BYTES, input.length * MOST_RATIO));
  // The last four bytes say how long the last member is. It is no more than a hint: right, it
  // saves the chunks and their joining; wrong, nothing but that.
  const hint = input.length < 18 ? 0 : input.readUInt32LE(input.length - 4);
  const chunkSize = Math.max(64, Math.min(hint, most) + 1);
  try {
    return gunzipSync(input, { maxOutputLength: most, chunkSize });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const isTooLarge = code === 'ERR_BUFFER_TOO_LARGE';
    if (!isTooLarge && !code?.startsWith('Z_')) throw error;
    if (!isTooLarge) throw new RecordFault('BAD_GZIP', 'damaged or cut gzip');
    const bounds = `${MOST_RATIO} times its size or ${mostBytes / 2 ** 20} MiB`;
    throw new UnpackedTooLarge('BAD_GZIP', `unpacks to more than ${most} bytes, ${bounds}`);
  }
}
