import type { Application } from '../../shared/config/application.ts';
import { arrange, type Graph } from '../../shared/sql/engine/graph.ts';

const graphs = new WeakMap<Application, Graph>();

/** The graph of an application, made once: sandboxes are opened by the hundred thousand. */
export function graphOf(application: Application): Graph {
  const known = graphs.get(application);
  if (known !== undefined) return known;
  const graph = arrange(application.plan);
  const generations = new Map(
    Object.keys(application.plan.streams).map((stream) => [stream, graph.generation(stream)]),
  );
  const made = { ...graph, generation: (stream: string) => generations.get(stream)! };
  graphs.set(application, made);
  return made;
}
