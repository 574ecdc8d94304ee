import { writeLine } from './sink.ts';

export type Level = 'info' | 'warn' | 'error';

/** Writes one structured log line. Never give it a payload or a secret. */
export function log(
  level: Level,
  message: string,
  details: Readonly<Record<string, unknown>> = {},
): void {
  writeLine(JSON.stringify({ level, message, ...details }));
}

/** What is worth logging of an error: its name and message, and those of its causes. */
export function errorDetails(error: unknown): { error: string; reason: string } {
  if (!(error instanceof Error)) return { error: 'Error', reason: String(error) };
  const cause = error.cause instanceof Error ? `; ${error.cause.name}: ${error.cause.message}` : '';
  return { error: error.name, reason: `${error.message}${cause}` };
}
