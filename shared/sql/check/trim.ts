import type { InAppStream, Node, Plan, SourceColumn } from '../plan.ts';
import type { OutsideSchema } from './program.ts';
import { METADATA_COLUMNS } from './scope.ts';
import { inputExprs, moveInput, slotsOf } from './walk.ts';

/**
 * Leaves out what no node reads: columns that a `SELECT *` merely passes through a subquery or a
 * CURSOR, then columns of the source, so that a record is decoded only where it matters.
 */
export function trim(
  nodes: readonly Node[],
  streams: ReadonlyMap<string, InAppStream>,
  source: OutsideSchema | null,
): Plan {
  const trimmed = new Map(streams);
  const kept = trimAnonymous(nodes, trimmed);
  const all = source === null ? [] : allColumns(source);
  const reads = (node: Node): boolean => node.from === source?.name;
  const used = usedSlots(kept.filter(reads));
  const columns = all.filter((_, i) => used.has(i + 1));
  const moved = kept.map((node) =>
    reads(node) ? moveInput(node, (s) => newSlot(s, (i) => used.has(i))) : node,
  );
  return {
    source: { name: source?.name ?? '', columns },
    streams: Object.fromEntries(trimmed),
    nodes: moved,
  };
}

/** In the order of sourceColumns in program.ts; APPROXIMATE_ARRIVAL_TIME is read as ROWTIME. */
function allColumns({ columns }: OutsideSchema): SourceColumn[] {
  const metadata = METADATA_COLUMNS.filter((m) => !columns.some((c) => c.name === m.name));
  return [...columns, ...metadata.map((column) => ({ ...column, metadata: column.name }))];
}

/** Backwards, so that a subquery inside a subquery is asked for less as well. */
function trimAnonymous(nodes: readonly Node[], streams: Map<string, InAppStream>): Node[] {
  const kept = [...nodes];
  for (let i = kept.length - 1; i >= 0; i--) {
    const node = kept[i]!;
    const stream = streams.get(node.into);
    if (node.kind !== 'project' || stream === undefined || stream.declared) continue;
    const used = usedSlots(kept.filter((reader) => reader.from === node.into));
    // An expression stays: it may fail, and its row then goes to ERROR_STREAM.
    const keep = (slot: number): boolean =>
      used.has(slot) || node.select[slot - 1]?.op !== 'column';
    const chosen = <T>(list: readonly T[]): T[] => list.filter((_, c) => keep(c + 1));
    streams.set(node.into, { ...stream, columns: chosen(stream.columns) });
    for (const [j, reader] of kept.entries()) {
      if (reader.from === node.into) kept[j] = moveInput(reader, (s) => newSlot(s, keep));
    }
    kept[i] = { ...node, select: chosen(node.select) };
  }
  return kept;
}

function usedSlots(readers: readonly Node[]): Set<number> {
  return new Set(readers.flatMap((node) => inputExprs(node).flatMap(slotsOf)));
}

function newSlot(slot: number, keep: (slot: number) => boolean): number {
  let moved = slot;
  for (let i = 1; i < slot; i++) if (!keep(i)) moved -= 1;
  return moved;
}
