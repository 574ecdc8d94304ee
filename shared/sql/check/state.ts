import type { InAppStream, Node } from '../plan.ts';
import type { Context } from './context.ts';
import type { ScopeColumn } from './scope.ts';

/** What a name in FROM stands for. */
export interface Readable {
  readonly kind: 'source' | 'stream' | 'reference' | 'errors';
  readonly columns: readonly ScopeColumn[];
}

/** A node with the places that findings about it point at. */
export interface Draft {
  readonly node: Node;
  /** What it reads, as written. */
  readonly fromAt: number;
  readonly groupAts: readonly number[];
}

/** One pump while it is checked: its findings, its nodes, and the anonymous streams between them. */
export interface PumpState {
  readonly ctx: Context;
  readonly pump: string;
  /** Stored names to what can be read; null if there is no such stream. */
  readonly find: (name: string) => Readable | null;
  readonly readable: () => readonly string[];
  /** Says that the pump reads the source stream: a plan has one. */
  readonly readSource: (name: string, at: number) => void;
  readonly drafts: Draft[];
  readonly anonymous: Map<string, InAppStream>;
}

/** Adds an anonymous stream of the pump; gives its name, which is also the id of what writes it. */
export function addAnonymous(state: PumpState, columns: readonly ScopeColumn[]): string {
  const name = `${state.pump}/${state.anonymous.size + 1}`;
  state.anonymous.set(name, {
    name,
    columns: columns.map((column) => ({ name: column.name, type: column.type })),
    declared: false,
  });
  return name;
}
