/** Something found at an offset of the text; it becomes a Diagnostic when the check is done. */
export interface Finding {
  readonly code: string;
  readonly at: number;
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Where one pump's findings go. Errors do not stop the check: all of a program are reported. */
export interface Context {
  readonly text: string;
  /** A violation of the dialect, with a code of its section 13. */
  error(code: string, at: number, message: string, hint?: string): void;
  /** A construct that is valid but whose execution is not built. */
  refuse(at: number, construct: string, hint?: string): void;
}

/**
 * Makes a Context that appends to the two lists. The same code at the same place is kept once,
 * because an alias in ORDER BY is looked at twice.
 */
export function newContext(text: string, errors: Finding[], refused: Finding[]): Context {
  const add = (list: Finding[], finding: Finding): void => {
    if (!list.some((f) => f.code === finding.code && f.at === finding.at)) list.push(finding);
  };
  return {
    text,
    error: (code, at, message, hint) => add(errors, { code, at, message, hint }),
    refuse: (at, construct, hint) =>
      add(refused, { code: 'NOT_BUILT', at, message: `${construct} is not built yet`, hint }),
  };
}

const REFERENCE =
  /(?:"(?:[^"]|"")*"|[A-Za-z_][\w$]*)(?:\s*\.\s*(?:"(?:[^"]|"")*"|[A-Za-z_][\w$]*))*/y;

/** The column reference or name that is written at this offset, '…' where it is something else. */
export function writtenAt(text: string, at: number): string {
  REFERENCE.lastIndex = at;
  const written = REFERENCE.exec(text)?.[0];
  if (written === undefined) return '…';
  const next = text.slice(at + written.length).trimStart();
  return next.startsWith('(') ? '…' : written;
}
