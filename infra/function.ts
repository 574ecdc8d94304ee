/** What lies in one folder of dist/. */
export interface FunctionPackage {
  /** The folder in dist/. */
  readonly name: string;
  /** The folder in functions/ whose handler.ts it runs, or the path of a .ts file. */
  readonly handler: string;
  /** What stands beside the bundle as JSON, by file name. */
  readonly files: Readonly<Record<string, unknown>>;
}

export interface ServiceFunction extends FunctionPackage {
  readonly physicalName: string;
  /** The application it works for; null: for none of them, or for all. */
  readonly application: string | null;
  /** The application whose faults it brings back, if that is what it does. */
  readonly redrives?: string;
  readonly description: string;
  readonly environment: Readonly<Record<string, string>>;
  readonly memoryMb: number;
  readonly timeoutSeconds: number;
  /** null: it is not fed by a stream. */
  readonly mapping: Mapping | null;
  /** All that it may do, besides writing its log. */
  readonly grants: readonly Grant[];
}

/** A function that reads a stream for an application. */
export interface StreamFunction extends ServiceFunction {
  readonly application: string;
  readonly mapping: Mapping;
}

/** Calls that a function makes, and on what. */
export interface Grant {
  /** As IAM names them, such as kinesis:GetRecords; none with a *. */
  readonly actions: readonly string[];
  readonly on: readonly Target[];
  /** Of items in a table: only those with these. */
  readonly partitionKeys?: readonly string[];
}

export type Target =
  /** A name in streams.yml, or the ARN of a stream that is not ours. */
  | { readonly stream: string; readonly arn: string | null }
  /** A logical name. */
  | { readonly table: string }
  /** All objects below this in the root of the faults (faultKey of shared/consume). */
  | { readonly faults: string }
  /** The root of the faults itself, for calls that name keys beginning so. */
  | { readonly keys: string }
  /** For the few calls that know no resource: see roles.ts. */
  | { readonly resource: null };

/** An event source mapping, with every value that has a default on AWS or in osls given here. */
export interface Mapping {
  /** The name in streams.yml; its ARN is in `arn` if the stream is not ours. */
  readonly stream: string;
  readonly arn: string | null;
  readonly batchSize: number;
  readonly batchWindowSeconds: number;
  readonly parallelizationFactor: 1;
  /** 0: none. With one, Lambda takes no other parallelization factor than 1. */
  readonly tumblingWindowSeconds: number;
  readonly maximumRetryAttempts: -1;
  readonly maximumRecordAgeSeconds: -1;
  readonly bisectBatchOnFunctionError: boolean;
  readonly functionResponseTypes: readonly ['ReportBatchItemFailures'];
  readonly startingPosition: 'TRIM_HORIZON';
}

export function isStreamFunction(fn: ServiceFunction): fn is StreamFunction {
  return fn.mapping !== null && fn.application !== null;
}
