import type { Readable, Writable } from 'node:stream';

/** Where a command reads and writes; tests give their own. */
export interface Io {
  readonly stdin: Readable;
  readonly out: Sink;
  readonly err: Sink;
}

export interface Sink {
  readonly write: (text: string) => void;
  /** Somebody is looking: progress is welcome. */
  readonly isTerminal: boolean;
  readonly color: boolean;
}

/** The streams of this process. A reader that goes away (`| head`) ends the process quietly. */
export function processIo(): Io {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(0);
      throw error;
    });
  }
  return { stdin: process.stdin, out: sink(process.stdout), err: sink(process.stderr) };
}

function sink(stream: Writable & { isTTY?: boolean; hasColors?: () => boolean }): Sink {
  const isTerminal = stream.isTTY === true;
  return {
    write: (text) => void stream.write(text),
    isTerminal,
    // https://no-color.org: any value but an empty one.
    color: isTerminal && !process.env.NO_COLOR && stream.hasColors?.() === true,
  };
}

/** One line of news that is not the result, such as where the columns came from. */
export function note({ err }: Io, text: string): void {
  err.write(`${text}\n`);
}

const STYLES = { bold: 1, dim: 2, red: 31, cyan: 36 };

export function paint(color: boolean, style: keyof typeof STYLES, text: string): string {
  return color ? `\u001b[${STYLES[style]}m${text}\u001b[0m` : text;
}

/** A line that is written over again; nothing where nobody is looking. */
export interface Progress {
  readonly show: (text: string) => void;
  readonly clear: () => void;
}

/** Short work shows nothing. */
const FIRST_MS = 500;
const EVERY_MS = 200;

export function progressOn({ err }: Io): Progress {
  let next = performance.now() + FIRST_MS;
  let shown = false;
  return {
    show: (text) => {
      const now = performance.now();
      if (!err.isTerminal || now < next) return;
      next = now + EVERY_MS;
      shown = true;
      err.write(`\r\u001b[K${text}`);
    },
    clear: () => {
      if (shown) err.write('\r\u001b[K');
      shown = false;
    },
  };
}
