import type { Statement } from '../ast.ts';
import type { InAppStream } from '../plan.ts';
import type { Column } from '../types.ts';
import { type Context, type Finding, newContext } from './context.ts';
import { type DeclaredPump, declare } from './declarations.ts';
import { fitInsert, insertColumns } from './insert.ts';
import { checkQuery, type Target } from './query.ts';
import {
  ARRIVAL_COLUMN,
  ERROR_STREAM_COLUMNS,
  METADATA_COLUMNS,
  nameHint,
  type ScopeColumn,
  show,
} from './scope.ts';
import type { Draft, PumpState, Readable } from './state.ts';

/** What a program finds outside itself, with stored names. */
export interface Environment {
  readonly sources: readonly OutsideSchema[];
  readonly references?: readonly OutsideSchema[];
}

export interface OutsideSchema {
  readonly name: string;
  readonly columns: readonly Column[];
}

/** The checked pumps as nodes, not yet in order; slots of the source count all its columns. */
export interface CheckedProgram {
  readonly drafts: readonly Draft[];
  readonly streams: ReadonlyMap<string, InAppStream>;
  readonly source: OutsideSchema | null;
}

const ERROR_STREAM = 'ERROR_STREAM';

/** Checks all statements; findings go into the two lists. */
export function checkStatements(
  text: string,
  statements: readonly Statement[],
  env: Environment,
  errors: Finding[],
  refused: Finding[],
): CheckedProgram {
  const ctx = newContext(text, errors, refused);
  const outside = new Map<string, Readable>([
    ...env.sources.map(
      (s) => [s.name, { kind: 'source', columns: sourceColumns(s.columns) }] as const,
    ),
    ...(env.references ?? []).map(
      (s) => [s.name, { kind: 'reference', columns: s.columns }] as const,
    ),
    [ERROR_STREAM, { kind: 'errors', columns: ERROR_STREAM_COLUMNS }] as const,
  ]);
  const declared = declare(ctx, statements, new Set(outside.keys()));
  const streams = new Map(declared.streams);
  const drafts: Draft[] = [];
  let read: string | null = null;
  const readSource = (on: Context) => (name: string, at: number) => {
    read ??= name;
    if (name !== read) on.refuse(at, `reading a second source stream (${name} beside ${read})`);
  };
  for (const pump of declared.pumps) {
    // Stopped and replaced pumps are checked, but they do not run: nothing of them has to be built.
    const idle = pump.replaced || pump.pump.stopped;
    const own = newContext(text, errors, idle ? [] : refused);
    const state = newState(own, pump, outside, idle ? () => {} : readSource(own));
    checkPump(state, pump);
    if (idle) continue;
    drafts.push(...state.drafts);
    for (const [name, stream] of state.anonymous) streams.set(name, stream);
  }
  const source = env.sources.find((s) => s.name === read) ?? env.sources[0] ?? null;
  return { drafts, streams, source };
}

/** Slots follow this order: declared columns, then the record's metadata. */
export function sourceColumns(columns: readonly Column[]): ScopeColumn[] {
  const missing = (column: { name: string }) => !columns.some((c) => c.name === column.name);
  const metadata = METADATA_COLUMNS.map((column) => ({ ...column, hidden: true }));
  return [...columns, ...metadata.filter(missing), ...[ARRIVAL_COLUMN].filter(missing)];
}

function newState(
  ctx: Context,
  { pump, streams }: DeclaredPump,
  outside: ReadonlyMap<string, Readable>,
  readSource: PumpState['readSource'],
): PumpState {
  return {
    ctx,
    pump: pump.name.text,
    find: (name) => {
      const stream = streams.get(name);
      if (stream === undefined) return outside.get(name) ?? null;
      return { kind: 'stream', columns: stream.columns };
    },
    readable: () => [...streams.keys(), ...outside.keys()],
    readSource,
    drafts: [],
    anonymous: new Map(),
  };
}

function checkPump(state: PumpState, { pump, streams }: DeclaredPump): void {
  const { ctx } = state;
  const into = streams.get(pump.target.text);
  if (into === undefined) {
    const outside = state.find(pump.target.text) !== null;
    ctx.error(
      'UNKNOWN_TARGET',
      pump.target.at,
      outside
        ? `a pump cannot insert into ${show(pump.target)}: it comes from outside the program`
        : `there is no stream ${show(pump.target)} to insert into`,
      nameHint(ctx.text, pump.target, [...streams.keys()]) ??
        'declare it with CREATE OR REPLACE STREAM',
    );
    const target: Target = { into: pump.target.text, fit: () => null };
    checkQuery(state, pump.query, target);
    return;
  }
  const listed = insertColumns(ctx, into, pump.columns);
  checkQuery(state, pump.query, {
    into: into.name,
    fit: (items, at) => fitInsert(ctx, into, listed, items, at),
  });
}
