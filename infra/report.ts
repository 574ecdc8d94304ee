import type { Diagnostic } from '../shared/sql/diagnostics.ts';
import { renderDiagnostic } from '../shared/sql/render.ts';

/** What was found in one file. */
export interface FileDiagnostics {
  /** As the user would write it. */
  readonly file: string;
  readonly text: string;
  readonly diagnostics: readonly Diagnostic[];
}

/** All findings of all files for the terminal, and their number in the last line. */
export function renderErrors(files: readonly FileDiagnostics[]): string {
  const findings = files.flatMap(({ file, text, diagnostics }) =>
    diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, text, file, { color: false })),
  );
  const count = findings.length === 1 ? '1 error' : `${findings.length} errors`;
  return `${findings.join('\n\n')}\n\n${count}`;
}
