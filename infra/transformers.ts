import { readFileSync } from 'node:fs';
import { relative, resolve } from 'node:path';
import type { DeliveryConfig, TransformConfig } from '../shared/config/delivery.ts';
import { TIME_KEYS } from '../shared/config/prefixes.ts';
import type { StreamsConfig, StreamsReading } from '../shared/config/streams.ts';
import type { Transformer, TransformWork } from '../shared/config/transformer.ts';
import { withCsvColumns } from '../shared/records/csv.ts';
import type { Diagnostic } from '../shared/sql/diagnostics.ts';
import type { Plan } from '../shared/sql/plan.ts';
import { suggest } from '../shared/sql/suggest.ts';
import type { Column } from '../shared/sql/types.ts';
import { checkSource } from './programs.ts';
import type { FileDiagnostics } from './report.ts';

export interface LoadedTransformers {
  readonly transformers: readonly Transformer[];
  readonly errors: readonly FileDiagnostics[];
}

/**
 * What the transform functions of a streams.yml without errors do: their programs are checked and
 * planned. A delivery whose transformer is the user's own has none.
 */
export function loadTransformers(
  config: StreamsConfig,
  { at }: Pick<StreamsReading, 'at'>,
  file: { readonly path: string; readonly text: string; readonly folder: string },
): LoadedTransformers {
  const transformers: Transformer[] = [];
  const errors: FileDiagnostics[] = [];
  for (const delivery of Object.values(config.deliveries)) {
    const { transform, name } = delivery;
    if (transform === null || transform.kind === 'handler') continue;
    const path = ['deliveries', name, 'transform'];
    const found = workOf(transform, delivery, config, file.folder);
    if ('file' in found) {
      errors.push(found);
      continue;
    }
    const wrong = [...found.wrong, ...unknownKeys(delivery, found.work)].map(
      (one): Diagnostic => ({ ...one, ...at(path) }),
    );
    if (wrong.length > 0) {
      errors.push({
        file: relative(process.cwd(), file.path),
        text: file.text,
        diagnostics: wrong,
      });
    } else if (found.work !== null) {
      transformers.push(toTransformer(delivery, config, found.work));
    }
  }
  return { transformers, errors };
}

/** The columns of what a transformer gives; null: they differ from record to record. */
export function columnsOf({ work }: Transformer): readonly Column[] | null {
  if (work.kind === 'format') return null;
  return work.kind === 'columns' ? work.columns : work.plan.streams[work.output]!.columns;
}

type Problem = Pick<Diagnostic, 'code' | 'message' | 'hint'>;
type Found = { readonly work: TransformWork | null; readonly wrong: readonly Problem[] };

function workOf(
  transform: Exclude<TransformConfig, { kind: 'handler' }>,
  { stream }: DeliveryConfig,
  { applications }: StreamsConfig,
  folder: string,
): Found | FileDiagnostics {
  if (transform.kind === 'format') return { work: { kind: 'format' }, wrong: [] };
  if (transform.kind === 'application') {
    const { columns } = applications[transform.application]!;
    return { work: { kind: 'columns', columns }, wrong: [] };
  }
  const { sql, columns } = transform;
  const path = resolve(folder, sql);
  const text = readFileSync(path, 'utf8');
  const { errors, refused, plan } = checkSource(text, { stream, columns });
  const diagnostics = [...errors, ...refused];
  if (plan === null || diagnostics.length > 0) {
    return { file: relative(process.cwd(), path), text, diagnostics };
  }
  return outputOf(plan, transform);
}

/** The stream whose rows are delivered; what the program does must not need a memory. */
function outputOf(
  plan: Plan,
  { sql, columns, output }: Extract<TransformConfig, { kind: 'sql' }>,
): Found {
  const keeping = plan.nodes.find(({ kind }) => kind !== 'project');
  if (keeping) {
    const message = `pump ${keeping.pump} of ${sql} aggregates, and a delivery keeps no state`;
    const hint = 'filter, rename, cast and derive here; aggregates are for applications';
    return { work: null, wrong: [{ code: 'NOT_STATELESS', message, hint }] };
  }
  const read = new Set(plan.nodes.map(({ from }) => from));
  const written = [...new Set(plan.nodes.map(({ into }) => into))];
  const ends = written.filter((name) => plan.streams[name]!.declared && !read.has(name));
  if (output !== null && !written.includes(output)) {
    const near = suggest(output, written);
    const hint = near ? `did you mean ${near}?` : `it writes ${written.join(', ')}`;
    const message = `no pump of ${sql} writes a stream "${output}"`;
    return { work: null, wrong: [{ code: 'UNKNOWN_STREAM', message, hint }] };
  }
  if (output === null && ends.length !== 1) {
    const message = `${sql} ends in ${ends.length === 0 ? 'no stream' : ends.join(' and ')}: say which one is delivered`;
    return { work: null, wrong: [{ code: 'MISSING_KEY', message, hint: 'with the key output' }] };
  }
  return { work: { kind: 'sql', columns, plan, output: output ?? ends[0]! }, wrong: [] };
}

/** Partition keys that no column gives; for the other kinds streams.yml alone has said so. */
function unknownKeys({ partitionKeys }: DeliveryConfig, work: TransformWork | null): Problem[] {
  if (work?.kind !== 'sql') return [];
  const known = [...TIME_KEYS, ...work.plan.streams[work.output]!.columns.map(({ name }) => name)];
  return partitionKeys
    .filter((key) => !known.includes(key))
    .map((key) => {
      const near = suggest(key, known);
      const hint = near ? `did you mean ${near}?` : `there are ${known.join(', ')}`;
      const message = `the program gives no partition key "${key}", which the prefix names`;
      return { code: 'UNKNOWN_COLUMN', message, hint };
    });
}

function toTransformer(
  { name, stream, partitionKeys, files }: DeliveryConfig,
  { streams }: StreamsConfig,
  work: TransformWork,
): Transformer {
  const { format, compression } = streams[stream]!;
  const names = work.kind === 'format' ? [] : work.columns.map((column) => column.name);
  return {
    delivery: name,
    format: work.kind === 'format' ? format : withCsvColumns(format, names),
    compression,
    work,
    partitionKeys,
    timestamps: files === 'parquet' ? 'sql' : 'iso',
  };
}
