import { createHash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Application } from '../../shared/config/application.ts';
import type { Attributes, ItemKey } from '../../shared/results/store.ts';
import type { Graph } from '../../shared/sql/engine/graph.ts';
import { outputName, type Tables } from './address.ts';

/**
 * One item for each application, in the state table: which generation of its rows is the live one,
 * and where readers find it. The function keeps it up to date; `sluice rebuild` moves it.
 */
export interface Pointer {
  /** Of the live generation; empty until the first rebuild. */
  readonly salt: string;
  /** What the function runs (programOf); null: it has not run yet. */
  readonly program: string | null;
  /** Where the function sets faults aside. */
  readonly faults: string | null;
  /** By output, the beginning of its rows' partition keys; null: the function has not run yet. */
  readonly outputs: Readonly<Record<string, string>> | null;
  /** Set while a rebuild takes over: nothing is written until it is gone. Names the attempt. */
  readonly handover: string | null;
  /** When a function first met the handover, milliseconds by that function's clock. */
  readonly met: number | null;
}

export function pointerKey({ name }: Pick<Application, 'name'>, { state }: Tables): ItemKey {
  return { table: state, pk: name, sk: 'live' };
}

export function readPointer(item: Attributes | null): Pointer {
  return {
    salt: item?.salt?.S ?? '',
    program: item?.program?.S ?? null,
    faults: item?.faults?.S ?? null,
    outputs:
      item?.outputs?.M === undefined
        ? null
        : Object.fromEntries(Object.entries(item.outputs.M).map(([name, { S }]) => [name, S!])),
    handover: item?.handover?.S ?? null,
    met: item?.met?.N === undefined ? null : Number(item.met.N),
  };
}

/** What decides an application's rows, as a short name: two with the same name write the same. */
export function programOf(application: Application): string {
  return createHash('sha256').update(JSON.stringify(application)).digest('hex').slice(0, 16);
}

/** For readers of the tables: by output, the beginning of its partition keys. */
export function namesOf(application: Application, graph: Graph, salt: string): AttributeValue {
  const names = Object.keys(application.outputs).map((stream) => [
    stream,
    { S: outputName(application, graph, stream, salt) },
  ]);
  return { M: Object.fromEntries(names) };
}
