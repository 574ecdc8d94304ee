import { writeSync } from 'node:fs';

/** Tells the operator of lines that are lost: where logs go that cannot go their way. */
export interface Losses {
  add(reason: string): void;
  /** Reports what has not been reported. */
  end(): void;
}

const EVERY_MS = 10_000;

/**
 * Counts lost lines and writes one JSON line about them to standard error, at once and then every
 * 10 s at most. Never a payload. Writes synchronously: it may be the last thing the process does.
 */
export function createLosses(stream: string, write: (line: string) => void = toStderr): Losses {
  let lost = 0;
  let lastReason = '';
  let timer: NodeJS.Timeout | null = null;

  function report(): void {
    if (lost === 0) return;
    const message = 'log lines did not reach Kinesis';
    write(`${JSON.stringify({ level: 'error', message, stream, lost, reason: lastReason })}\n`);
    lost = 0;
  }

  return {
    add(reason) {
      lost += 1;
      lastReason = reason;
      if (timer !== null) return;
      report();
      timer = setTimeout(() => {
        timer = null;
        report();
      }, EVERY_MS);
      timer.unref();
    },
    end() {
      if (timer !== null) clearTimeout(timer);
      timer = null;
      report();
    },
  };
}

function toStderr(line: string): void {
  try {
    writeSync(2, line);
  } catch {
    // Standard error is closed or full: there is nowhere left to tell it.
  }
}
