import type { MappedColumn } from '../shared/records/types.ts';
import { checkProgram } from '../shared/sql/check/check.ts';
import type { Diagnostic } from '../shared/sql/diagnostics.ts';

/** The names by which a program may call the stream that it reads. */
export function sourceNames(stream: string): [usual: string, own: string] {
  return ['SOURCE_SQL_STREAM_001', `${stream.toUpperCase().replaceAll('-', '_')}_001`];
}

/**
 * The source is called SOURCE_SQL_STREAM_001 in programs that come from the old service, or by
 * the stream's own name; the program is taken at the name that it uses.
 */
export function checkSource(
  program: string,
  { stream, columns }: { readonly stream: string; readonly columns: readonly MappedColumn[] },
) {
  const [usual, own] = sourceNames(stream);
  const first = checkProgram(program, { sources: [{ name: usual, columns }] });
  const missing = unknownStreams(first.errors);
  if (missing === 0) return first;
  const second = checkProgram(program, { sources: [{ name: own, columns }] });
  return unknownStreams(second.errors) < missing ? second : first;
}

function unknownStreams(errors: readonly Diagnostic[]): number {
  return errors.filter(({ code }) => code === 'UNKNOWN_STREAM').length;
}
