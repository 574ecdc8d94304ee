/** One finding about a text file, in the form every command and test uses. */
export interface Diagnostic {
  /** The codes of dialect section 13, or NOT_BUILT for a construct that is checked but not executed yet. */
  readonly code: string;
  readonly message: string;
  /** From 1. */
  readonly line: number;
  readonly column: number;
  /** What to write instead, where it can be said. */
  readonly hint?: string;
}
