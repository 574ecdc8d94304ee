/** Why a request is refused as a whole: nothing of it was put. Its message quotes no payload. */
export class Refusal extends Error {
  override readonly name = 'Refusal';
  readonly status: 400 | 413 | 415;
  readonly code: string;
  /** The line (from 1) or element (from 0) at fault. */
  readonly place: Place;
  readonly headers: Readonly<Record<string, string>>;
  constructor(
    status: Refusal['status'],
    code: string,
    message: string,
    place: Place = {},
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.place = place;
    this.headers = headers;
  }
}

export type Place = { readonly line?: number; readonly element?: number };
