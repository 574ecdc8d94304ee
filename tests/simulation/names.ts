import { outputName, stateName } from '../../functions/aggregate/address.ts';
import type { Application } from '../../shared/config/application.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import type { Factors } from './places.ts';

/** The names `<stream or pump>@<generation>` under which an application's rows and state lie. */
export interface Names {
  /** By output stream. */
  readonly outputs: Readonly<Record<string, string>>;
  /** By node. */
  readonly state: Readonly<Record<string, string>>;
}

/** `salt`: of the generation, where it was rebuilt. */
export function namesOf(application: Application, salt = ''): Names {
  const graph = arrange(application.plan);
  const short = (name: string): string => name.slice(`${application.name}.`.length);
  const outputs = Object.keys(application.outputs);
  return {
    outputs: Object.fromEntries(
      outputs.map((stream) => [stream, short(outputName(application, graph, stream, salt))]),
    ),
    state: Object.fromEntries(
      graph.nodes.map((node) => [node.id, short(stateName(application, graph, node, salt))]),
    ),
  };
}

/** Which program writes under a name: what both have in common counts as the first one's. */
export function factorsOf(applications: readonly Application[]): Factors {
  const factors = new Map<string, number>();
  for (const [index, application] of applications.entries()) {
    const { outputs, state } = namesOf(application);
    for (const owner of [...Object.values(outputs), ...Object.values(state)]) {
      if (!factors.has(owner)) factors.set(owner, index + 1);
    }
  }
  return factors;
}
