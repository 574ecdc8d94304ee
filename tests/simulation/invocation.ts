import type { MappingEvent } from '../../local/mapping/types.ts';

/** A function as it was deployed: what runs in sandboxes. */
export interface Code {
  /** For people, behind what it was given; '' where there is nothing to tell. */
  readonly note: string;
  /** The code before the mended schema was deployed; null: there was no other. */
  readonly before: Code | null;
  /** Makes the function of a new sandbox; its requests are those of the invocation of that time. */
  readonly start: (invocation: () => Invocation) => (event: MappingEvent) => Promise<unknown>;
}

/** One run of a function, as what it asks of the world sees it. */
export interface Invocation {
  readonly id: number;
  /** Its sandbox is gone: it sends nothing more and hears nothing more. */
  dead: boolean;
  /** Requests under way when it died may land this much later. */
  lateMs: number;
  /** Requests take longer by this factor. */
  readonly slow: number;
  /** Writes of items with this hash fail for all of it; null: of none. */
  readonly refused: number | null;
  /** Which tables it knows: restored tables are new ones. */
  readonly epoch: number;
  /** What it was given, and to which code. */
  readonly job: Job;
}

/** A batch for a function, or another process. */
export type Job = { readonly event: MappingEvent; readonly code: Code } | 'redrive' | 'rebuild';
