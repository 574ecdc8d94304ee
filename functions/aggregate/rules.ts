import { createHash } from 'node:crypto';
import type { Application } from '../../shared/config/application.ts';
import type { Refuser } from '../../shared/consume/faults.ts';
import { createEpochs, type Epochs } from '../../shared/results/epochs.ts';
import type { ItemKey } from '../../shared/results/store.ts';
import type { Node } from '../../shared/sql/plan.ts';
import { outputName, stateName, type Tables } from './address.ts';
import type { Context } from './context.ts';
import { placementOf } from './placement.ts';

/** Raised whenever this code comes to take records that it refused before, or the other way round. */
const CODE = 1;

/** What a batch goes by, in the generation that it belongs to. */
export interface Rules {
  /** As faults remember it. */
  readonly refuser: Refuser;
  readonly epochs: Epochs;
}

/** The rules for a salt (pointer.ts). */
export type RulesIn = (salt: string) => Rules;

/** The rules of the generation that is asked for; it seldom is another one than before. */
export function createRulesIn(
  context: Context,
  epochsIn: (salt: string, version: string) => Epochs = (...by) => epochsOf(context, ...by),
): RulesIn {
  let known: { readonly salt: string; readonly rules: Rules } | null = null;
  return (salt) => {
    if (known?.salt !== salt) {
      const refuser = refuserOf(context, salt);
      known = { salt, rules: { refuser, epochs: epochsIn(salt, refuser.version) } };
    }
    return known.rules;
  };
}

/** Those who refuse records by these rules, in a generation. */
export function refuserOf({ application, graph }: Rooms, salt = ''): Refuser {
  return {
    version: versionOf(application, salt),
    latenessMs: application.latenessMs,
    results: [...new Set(targetsOf({ application, graph }, salt).values())],
  };
}

/** A short name of all that decides which records and rows are refused. */
function versionOf(application: Application, salt: string): string {
  const { stream, columns, latenessMs, skewMs, plan } = application;
  const salted = salt === '' ? [] : [salt];
  const text = JSON.stringify([CODE, stream.format, columns, latenessMs, skewMs, plan, ...salted]);
  return createHash('sha256').update(text).digest('hex').slice(0, 12);
}

/** Who reads the shards of an application's stream, for a reader of a version of the rules. */
export function epochsOf(
  { application, tables, store }: Context,
  salt: string,
  version: string,
  now: () => number = Date.now,
): Epochs {
  return createEpochs(store, epochsKey(application, tables, salt), version, now);
}

/** The item with a shard's epochs. */
export function epochsKey({ name }: Application, { state }: Tables, salt: string) {
  const pk = salt === '' ? `${name}.epochs` : `${name}.epochs@${salt}`;
  return (shardId: string): ItemKey => ({ table: state, pk, sk: shardId });
}

type Rooms = Pick<Context, 'application' | 'graph'>;

/**
 * Where the rows of records go, by node: the names of items and rows with their generation. A
 * record that was refused belongs to these, and to none that another program writes.
 */
export function targetsOf({ application, graph }: Rooms, salt = ''): ReadonlyMap<string, string> {
  const target = (node: Node): string | null => {
    if (graph.readsChangelog(node)) return null;
    const output = application.outputs[node.into];
    if (node.kind === 'project') {
      return output === undefined ? null : outputName(application, graph, node.into, salt);
    }
    const { isResult } =
      node.kind === 'aggregate'
        ? placementOf(node, { application, graph, tables: NOWHERE })
        : { isResult: false };
    return isResult
      ? outputName(application, graph, node.into, salt)
      : stateName(application, graph, node, salt);
  };
  const found = graph.nodes.flatMap((node) => {
    const name = target(node);
    return name === null ? [] : [[node.id, name] as const];
  });
  return new Map(found);
}

/** Names do not depend on tables. */
const NOWHERE: Tables = { prefix: '', state: '' };
