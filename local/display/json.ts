import type { FaultCount } from '../faults.ts';
import type { Produced } from '../producer.ts';
import type { Tables } from '../tables.ts';
import type { Figures } from './screen.ts';

/** How a run ended, for machines (--json): counts, and every table with all of its rows. */
export function toJson(
  tables: Tables,
  figures: Figures,
  produced: Produced | null,
  { records, reasons }: FaultCount,
): string {
  const applications = Object.fromEntries(
    figures.applications.map(({ application, put, applied }) => {
      const outputs = [...(tables.get(application) ?? [])].map(([output, rows]) => [
        output,
        // No column of a program's result begins with an underscore.
        rows.map(({ window, columns }) => ({ _window: window, ...columns })),
      ]);
      return [application, { put, applied, outputs: Object.fromEntries(outputs) }];
    }),
  );
  const json = {
    events: produced?.events ?? null,
    refused: produced?.refused ?? null,
    faults: { records, reasons },
  };
  const deliveries = Object.fromEntries(
    figures.deliveries.map(({ delivery, problem: _, ...counts }) => [delivery, counts]),
  );
  return `${JSON.stringify({ ...json, applications, deliveries }, null, 1)}\n`;
}
