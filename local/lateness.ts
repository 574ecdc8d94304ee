import type { Application } from '../shared/config/application.ts';

/**
 * The application as it takes the events of a file that arrive now: judged by today all of them would
 * be late, and their rows expired.
 */
export function takenAsTheyCome(application: Application): Application {
  const outputs = Object.entries(application.outputs).map(
    ([name, output]) => [name, { ...output, keepMs: null }] as const,
  );
  const skewMs = Number.MAX_SAFE_INTEGER;
  return { ...application, latenessMs: null, skewMs, outputs: Object.fromEntries(outputs) };
}
