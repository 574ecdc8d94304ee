import type { Format } from '../records/types.ts';
import { toColumn } from './columns.ts';
import type { DeliveryConfig, TransformConfig } from './delivery.ts';
import type { DELIVERY } from './delivery-rules.ts';
import { partitionKeys } from './prefixes.ts';
import type { Read } from './rules.ts';

export type RawDelivery = Read<typeof DELIVERY>;
export type RawTransform = NonNullable<RawDelivery['transform']>;

/** A delivery in which nothing is wrong, with its defaults. */
export function buildDelivery(name: string, raw: RawDelivery, format: Format): DeliveryConfig {
  const { stream, transform, bucket, key, backup, redshift, opensearch } = raw;
  const prefix = raw.prefix ?? `${name}/${HOUR}`;
  return {
    name,
    stream: stream!,
    transform: transform === undefined ? null : buildTransform(transform, format),
    bucket: bucket ?? null,
    prefix,
    errorPrefix: raw.errors ?? defaultErrors(name),
    partitionKeys: partitionKeys(prefix),
    files: raw.files!,
    // Parquet is compressed inside, and Firehose takes no other compression with it.
    compression: raw.files === 'parquet' ? 'none' : (raw.compression ?? 'gzip'),
    kmsKey: key ?? null,
    buffer: { mb: raw.buffer!.mb!, seconds: raw.buffer!.seconds! },
    backup: backup
      ? { bucket: backup.bucket!, prefix: backup.prefix ?? `${name}-source/${HOUR}` }
      : null,
    redshift: redshift
      ? {
          url: redshift.url!,
          secret: redshift.secret!,
          table: redshift.table!,
          columns: redshift.columns ?? null,
          options: redshift.options!,
        }
      : null,
    openSearch: opensearch
      ? {
          domain: opensearch.domain!,
          index: opensearch.index!,
          rotation: opensearch.rotation!,
          backup: opensearch.backup!,
        }
      : null,
  };
}

/** Objects lie by the hour of their arrival. */
const HOUR = '!{timestamp:yyyy/MM/dd/HH}/';

export function defaultErrors(name: string): string {
  return `${name}-failed/!{firehose:error-output-type}/!{timestamp:yyyy/MM/dd}/`;
}

function buildTransform(raw: RawTransform, format: Format): TransformConfig {
  if (raw.application !== undefined) return { kind: 'application', application: raw.application };
  if (raw.handler !== undefined) return { kind: 'handler', handler: raw.handler };
  if (raw.sql === undefined) return { kind: 'format', format: raw.format! };
  const columns = Object.entries(raw.schema!).map(
    ([column, written]) => toColumn(column, written, format)!,
  );
  return { kind: 'sql', sql: raw.sql, columns, output: raw.output ?? null };
}
