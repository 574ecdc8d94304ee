/** A row that an expression cannot process: it goes to ERROR_STREAM, the pump goes on. */
export class RowError extends Error {
  override readonly name = 'RowError';
  /** Short code of dialect section 10, at most 32 characters: DIVISION_BY_ZERO, CAST, OVERFLOW, TOO_LONG, NOT_NULL … */
  readonly code: string;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
