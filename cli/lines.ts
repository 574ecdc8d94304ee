import { createReadStream, type ReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { lineStream } from '../shared/records/line-stream.ts';
import { CommandError, messageOf } from './errors.ts';
import { unreadable } from './files.ts';
import type { Progress } from './io.ts';

/** One line of the input without its line end; `data` is only valid until the next one. */
export interface Line {
  /** From 1, empty lines counted. */
  readonly number: number;
  readonly data: Buffer;
}

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
  try {
    const source = file === '-' ? stdin : await openFile(file);
    const hear = (read: number) => progress.show(`reading ${name}: ${megabytes(read)} MB`);
    for await (const data of lineStream(source, hear)) {
      number++;
      if (!isBlank(data)) yield { number, data };
    }
  } catch (error) {
    if (error instanceof CommandError) throw error;
    const hint = isGzipError(error) ? 'the file is not whole: it was cut off or damaged' : null;
    throw new CommandError(`${name} cannot be read: ${messageOf(error)}`, hint, { cause: error });
  }
}

async function openFile(file: string): Promise<ReadStream> {
  const found = await stat(file).catch((error: unknown) => {
    throw unreadable(file, error);
  });
  if (found.isDirectory()) throw unreadable(file, { code: 'EISDIR' });
  return createReadStream(file, { highWaterMark: 1 << 18 });
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
