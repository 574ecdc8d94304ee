import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline, type Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { CommandError, messageOf } from './errors.ts';
import { unreadable } from './files.ts';
import type { Progress } from './io.ts';

/** One line of the input without its line end; `data` is only valid until the next one. */
export interface Line {
  /** From 1, empty lines counted. */
  readonly number: number;
  readonly data: Buffer;
}

const LINE_FEED = 0x0a;

/**
 * The lines of a file, or of standard input for '-', that are not empty; gunzipped if the first
 * bytes say so. Throws CommandError.
 */
export async function* readLines(
  file: string,
  stdin: Readable,
  progress: Progress,
): AsyncGenerator<Line> {
  const name = file === '-' ? 'standard input' : file;
  let number = 0;
  let rest: Buffer[] = [];
  try {
    const source = file === '-' ? stdin : await openFile(file);
    const hear = (read: number) => progress.show(`reading ${name}: ${megabytes(read)} MB`);
    for await (const chunk of await inflated(source, hear)) {
      const bytes = chunk as Buffer;
      let from = 0;
      for (let to = bytes.indexOf(LINE_FEED); to >= 0; to = bytes.indexOf(LINE_FEED, from)) {
        const part = bytes.subarray(from, to);
        from = to + 1;
        number++;
        const data = rest.length === 0 ? part : Buffer.concat([...rest, part]);
        if (rest.length > 0) rest = [];
        if (!isBlank(data)) yield { number, data: number === 1 ? withoutMark(data) : data };
      }
      if (from < bytes.length) rest.push(bytes.subarray(from));
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const hint = isGzipError(error) ? 'the file is not whole: it was cut off or damaged' : null;
    throw new CommandError(`${name} cannot be read: ${messageOf(error)}`, hint, { cause: error });
  }
  const last = Buffer.concat(rest);
  if (!isBlank(last)) yield { number: number + 1, data: number === 0 ? withoutMark(last) : last };
}

async function openFile(file: string): Promise<ReadStream> {
  const found = await stat(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  if (found.isDirectory()) throw unreadable(file, { code: 'EISDIR' });
  return createReadStream(file, { highWaterMark: 1 << 18 });
}

/** https://www.rfc-editor.org/rfc/rfc1952#page-6: the two bytes that begin a gzip file. */
async function inflated(
  source: Readable,
  hear: (bytes: number) => void,
): Promise<AsyncIterable<unknown>> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await chunks.next();
  const isGzip = !first.done && first.value[0] === 0x1f && first.value[1] === 0x8b;
  let read = 0;
  const whole = async function* (): AsyncGenerator<Buffer> {
    for (let next = first; !next.done; next = await chunks.next()) {
      read += next.value.length;
      hear(read);
      yield next.value;
    }
  };
  // The error of a broken file comes out of the iteration.
  return isGzip ? pipeline(whole, createGunzip(), () => {}) : whole();
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}

function isGzipError(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  return code.startsWith('Z_');
}

function isBlank(data: Buffer): boolean {
  for (const byte of data) {
    if (byte !== 0x20 && byte !== 0x09 && byte !== 0x0d) return false;
  }
  return true;
}

/** Editors on Windows put a byte order mark in front, which is no JSON. */
function withoutMark(data: Buffer): Buffer {
  return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data;
}
