import type { Appended, Folded } from '../../shared/sql/engine/fold.ts';
import type { AggregateNode, DistinctNode, Node, TopNode } from '../../shared/sql/plan.ts';
import { createAggregateWriter } from './aggregates.ts';
import { createChainedWriter } from './chained.ts';
import type { Change } from './change.ts';
import type { Batch, Context } from './context.ts';
import { createDistinctWriter } from './distincts.ts';
import { placementOf } from './placement.ts';
import { createProjector } from './projections.ts';
import { createPublisher } from './publisher.ts';
import { createTopWriter } from './tops.ts';

/** Brings a folded batch into the tables; failures of single writes are noted in its outcome. */
export type Apply = (
  folded: Folded,
  batch: Batch,
  identity: (record: number) => string,
) => Promise<void>;

/**
 * One step per node, in the plan's order: first what was folded from records, then what reads the
 * merged rows.
 */
export function createApply(context: Context): Apply {
  const steps = context.graph.nodes.map((node) => stepOf(node, context));
  return async (folded, batch, identity) => {
    const changes = new Map<string, Change[]>();
    for (const step of steps) await step({ folded, batch, identity, changes });
  };
}

/** The writers of the generation that is asked for; it seldom is another one than before. */
export function createApplyIn(context: Context): (salt: string) => Apply {
  let known = '';
  let apply = createApply(context);
  return (salt) => {
    if (salt !== known) {
      apply = createApply({ ...context, tables: { ...context.tables, salt } });
      known = salt;
    }
    return apply;
  };
}

interface Work {
  readonly folded: Folded;
  readonly batch: Batch;
  readonly identity: (record: number) => string;
  /** What the nodes so far have told, by stream. */
  readonly changes: Map<string, Change[]>;
}

type Step = (work: Work) => Promise<void>;

function stepOf(node: Node, context: Context): Step {
  const { graph, application } = context;
  const isOutput = application.outputs[node.into] !== undefined;
  if (node.kind === 'project' && !graph.readsChangelog(node)) {
    return isOutput ? appendStep(node, context) : async () => {};
  }
  const write = writerOf(node, context);
  const stored = node.kind === 'aggregate' && placementOf(node, context).isResult;
  const publisher = isOutput && !stored ? createPublisher(node, context) : null;
  return async (work) => {
    const told = await write(work);
    if (publisher !== null) await publisher.changed(told, work.batch);
    work.changes.set(node.into, [...(work.changes.get(node.into) ?? []), ...told]);
  };
}

function appendStep(node: Node, context: Context): Step {
  const publisher = createPublisher(node, context);
  return ({ folded, batch, identity }) => {
    const rows = folded.appended.filter((one: Appended) => one.node === node);
    return publisher.appended(rows, identity, batch);
  };
}

function writerOf(node: Node, context: Context): (work: Work) => Promise<Change[]> {
  if (node.kind === 'project') {
    const project = createProjector(node);
    return async ({ changes, batch }) => project(changes.get(node.from) ?? [], batch);
  }
  if (context.graph.readsChangelog(node)) {
    const write = createChainedWriter(node as AggregateNode, context);
    return ({ changes, batch }) => write(changes.get(node.from) ?? [], batch);
  }
  const write = groupWriter(node, context);
  return ({ folded, batch }) => write(folded.groups.get(node.id)?.list ?? [], batch);
}

function groupWriter(node: AggregateNode | TopNode | DistinctNode, context: Context) {
  if (node.kind === 'top') return createTopWriter(node, context);
  if (node.kind === 'distinct') return createDistinctWriter(node, context);
  return createAggregateWriter(node, context);
}
