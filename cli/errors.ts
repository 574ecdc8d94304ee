/**
 * A command that cannot do its work: wrong usage, a file that cannot be read, a stream that is not
 * there. Exit status 2. `message` says what is wrong, `hint` what to do.
 */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly hint: string | null;
  constructor(message: string, hint: string | null = null, options?: ErrorOptions) {
    super(message, options);
    this.hint = hint;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
