/** What the parent sends to a sandbox: one invoke at a time, as JSON. */
export interface InvokeMessage {
  readonly event: unknown;
  readonly requestId: string;
  /** Milliseconds since 1970. */
  readonly deadline: number;
}

/** What a sandbox sends back. */
export type SandboxMessage =
  | { readonly kind: 'ready' }
  /** The handler module could not be loaded. */
  | { readonly kind: 'initError'; readonly error: FunctionErrorBody }
  | { readonly kind: 'response'; readonly response: unknown; readonly peakRssKb: number }
  | { readonly kind: 'error'; readonly error: FunctionErrorBody; readonly peakRssKb: number };

/** The shape in which Lambda tells an error of the function. */
export interface FunctionErrorBody {
  readonly errorType: string;
  readonly errorMessage: string;
  readonly trace: readonly string[];
}
