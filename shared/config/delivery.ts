import type { FormatName, MappedColumn } from '../records/types.ts';

/** One delivery of streams.yml, checked, with its defaults filled in. */
export interface DeliveryConfig {
  readonly name: string;
  readonly stream: string;
  /** null: records are delivered as they are. */
  readonly transform: TransformConfig | null;
  /** null: this service makes one. */
  readonly bucket: string | null;
  readonly prefix: string;
  readonly errorPrefix: string;
  /** The keys that the transformer gives for `!{partitionKeyFromLambda:…}` of the prefix. */
  readonly partitionKeys: readonly string[];
  readonly files: 'lines' | 'parquet';
  readonly compression: Compression;
  /** ARN. */
  readonly kmsKey: string | null;
  readonly buffer: { readonly mb: number; readonly seconds: number };
  readonly backup: { readonly bucket: string; readonly prefix: string } | null;
  readonly redshift: Redshift | null;
  readonly openSearch: OpenSearch | null;
}

export type TransformConfig =
  | { readonly kind: 'format'; readonly format: FormatName }
  | { readonly kind: 'application'; readonly application: string }
  | {
      readonly kind: 'sql';
      /** As written: relative to streams.yml. */
      readonly sql: string;
      readonly columns: readonly MappedColumn[];
      /** null: the program has one stream that no pump reads. */
      readonly output: string | null;
    }
  /** As written: relative to streams.yml. */
  | { readonly kind: 'handler'; readonly handler: string };

export type Compression = 'none' | 'gzip' | 'zip' | 'snappy' | 'hadoop-snappy';

export interface Redshift {
  readonly url: string;
  readonly secret: string;
  readonly table: string;
  readonly columns: string | null;
  readonly options: string;
}

export interface OpenSearch {
  readonly domain: string;
  readonly index: string;
  readonly rotation: 'none' | 'hour' | 'day' | 'week' | 'month';
  readonly backup: 'failed' | 'all';
}
