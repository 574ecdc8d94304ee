import { outputAddress, stateAddress } from '../../functions/aggregate/address.ts';
import type { Application } from '../../shared/config/application.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { TABLES } from './lambda.ts';

/** The names `<stream or pump>@<generation>` under which an application's rows and state lie. */
export interface Names {
  /** By output stream. */
  readonly outputs: Readonly<Record<string, string>>;
  /** By node. */
  readonly state: Readonly<Record<string, string>>;
}

export function namesOf(application: Application): Names {
  const graph = arrange(application.plan);
  const ownerIn = (pk: string): string => pk.slice(`${application.name}.`.length, pk.indexOf('#'));
  const output = (stream: string): string =>
    ownerIn(outputAddress(application, TABLES, graph, stream).key(0, '').pk);
  return {
    outputs: Object.fromEntries(
      Object.keys(application.outputs).map((stream) => [stream, output(stream)]),
    ),
    state: Object.fromEntries(
      graph.nodes.map((node) => [
        node.id,
        ownerIn(stateAddress(application, TABLES, graph, node).key(0, '').pk),
      ]),
    ),
  };
}
