import { type BatchResponse, respond, type StreamEvent } from '../../../shared/consume/consume.ts';
import type { HashKeyRange } from '../../../shared/kpl/hash-key.ts';
import { errorDetails, log } from '../../../shared/observe/log.ts';
import type { Epochs } from '../../../shared/results/epochs.ts';
import { type Fence, fenceOf, sequenceNumberOf } from '../../../shared/results/fence.ts';
import { createLane, type Lane } from '../../../shared/results/lane.ts';
import { createFolder, type Folded } from '../../../shared/sql/engine/fold.ts';
import type { Groups } from '../../../shared/sql/engine/groups.ts';
import { createHashedItems } from '../../../shared/windows/distinct.ts';
import { createApplyIn } from '../apply.ts';
import type { Consume, Services } from '../consumer.ts';
import type { Batch, BatchOutcome, Context } from '../context.ts';
import { createFaultCollector } from '../fault-collector.ts';
import { createIntake, type Input, mayHoldAggregates, type OnFault, openInput } from '../intake.ts';
import { beginReading, type Reading } from '../reading.ts';
import { report } from '../report.ts';
import type { RulesIn } from '../rules.ts';
import type { Reread } from './reread.ts';
import { createSealer, SEAL_BYTES } from './seal.ts';
import { countHeld, createStateCodec, type Range, type WindowState } from './state.ts';

export interface WindowServices extends Services {
  readonly reread: Reread;
  /** At which size a state is brought into the tables before its window ends. */
  readonly sealBytes?: number;
}

/**
 * The consumer of one application where Lambda keeps the state of tumbling windows: an invocation
 * folds its records into the state and gives it back; groups are written when the window ends, or when
 * the state has grown too large. Rows of records and faults are written at once.
 * Rejects when anything could not be written, so that Lambda sends the same state again: what it
 * keeps after a partial response is not documented. `ordinary` takes records by themselves.
 */
export function createWindowedConsumer(
  context: Context,
  services: WindowServices & { readonly rules: RulesIn },
  ordinary: Consume,
) {
  const { faults, ranges, generation, heat, rules, reread, sealBytes = SEAL_BYTES } = services;
  const { application, graph } = context;
  const keep = new Set(Object.keys(application.outputs));
  const { latenessMs, skewMs } = application;
  const newItems = createHashedItems;
  const folder = createFolder(graph, { latenessMs, skewMs, keep, newItems });
  const intake = createIntake(application, heat?.watch);
  const applyIn = createApplyIn(context);
  const codec = createStateCodec(graph);

  /**
   * A contribution cannot be split. Where a part of it is in the tables already, or a result does not
   * take it, its records come again and go in by themselves: what is in stays in, once.
   */
  const again = async (
    shardId: string,
    range: Range,
    reading: Reading,
    why: string,
  ): Promise<void> => {
    log('warn', `records of a window are read again: ${why}`, { shardId, ...range });
    for await (const Records of reread(shardId, range)) {
      const { batchItemFailures } = await ordinary({ Records }, reading);
      if (batchItemFailures.length > 0) throw new WindowFailed('records that were read again');
    }
  };

  const foldInto = (
    state: WindowState,
    input: Input,
    range: HashKeyRange | null,
    onFault: OnFault,
  ) => {
    folder.resume(state.groups);
    const sealer = createSealer(graph.nodes, folder, sealBytes, state.records);
    try {
      const counts = intake(input, 0, input.length, sealer.into, range, onFault);
      return { counts, ...sealer.finish() };
    } catch (error) {
      // What was folded so far must not be found by the next invocation.
      folder.finish();
      throw error;
    }
  };

  const flush = async (part: Folded, batch: Batch, input: Input, into: Into): Promise<void> => {
    const identity = (record: number) => `${input.shardId}:${input.sequenceNumbers[record]}`;
    await applyIn(into.salt)(part, batch, identity);
    const { failures } = batch.outcome;
    const failed = failures.find(({ error }) => !isSplit(error));
    if (failed !== undefined) throw new WindowFailed('writes', failed.error);
    if (failures.length > 0) {
      const range = rangeOf(part, batch.lane);
      await again(input.shardId, range, into.reading, 'a part is in the tables already');
    }
  };

  /**
   * The epoch of an invocation that goes on at `next`, and a state that was folded in it. What was
   * folded in another one, by another program or schema, is read again: who takes an item past a record
   * must have seen it.
   */
  const enter = async (epochs: Epochs, shardId: string, next: string, state: WindowState) => {
    const reading = await beginReading(epochs, shardId, next, state.epoch);
    if (reading.epoch === state.epoch || state.last === null) return { state, reading };
    const empty = { ...state, records: 0, fences: [], groups: new Map() };
    if (state.held === null) return { state: empty, reading };
    const anew = await beginReading(epochs, shardId, state.held.first);
    await again(shardId, state.held, anew, 'others read the shard now');
    return { state: empty, reading: anew };
  };

  return async (event: StreamEvent): Promise<BatchResponse> => {
    const started = performance.now();
    const { shardId } = openInput(event);
    const salt = await generation();
    if (salt === null) throw new WindowFailed('a batch that came while rebuilt rows take over');
    const { refuser, epochs } = rules(salt);
    const decoded = codec.decode(event.state, shardId, refuser.version);
    const input = openInput(unheld(event, decoded));
    const next = input.sequenceNumbers[0] ?? after(decoded.last);
    // An empty end of an empty window.
    if (next === null) return respond(null, {});
    const { state, reading } = await enter(epochs, shardId, next, decoded);
    const filtered = ranges !== null && mayHoldAggregates(input);
    const range = filtered ? await ranges(shardId) : null;
    const collector = createFaultCollector(application, input, faults, refuser);
    const { counts, sealed, rest, records } = foldInto(state, input, range, collector.record);
    const isOver = (event.isFinalInvokeForWindow || event.isWindowTerminatedEarly) ?? false;
    const due = [...sealed, isOver ? rest : { ...rest, groups: new Map<string, Groups>() }];

    const ahead = { fences: state.fences, split };
    const lane = createLane(shardId, input.sequenceNumbers, reading.epoch, ahead);
    const outcome: BatchOutcome = { failures: [], rowErrors: 0 };
    const setAside: Batch['setAside'] = async (node, lack, error) => {
      const isRow = node.kind === 'project' && !graph.readsChangelog(node);
      if (!isRow) return split(error);
      await collector.lack(node, lack, error);
    };
    const once = { refold: split, refolds: [], select: split, membersOf: split };
    const batch = { lane, ...once, setAside };
    for (const part of [...sealed, rest]) collector.rejections(part.rejections);
    const [refused] = await collector.setAside();
    if (refused !== undefined) throw new WindowFailed('faults', refused.error);
    for (const part of due) {
      const own: BatchOutcome = { failures: [], rowErrors: 0 };
      await flush(part, { ...batch, outcome: own }, input, { salt, reading });
      outcome.rowErrors += own.rowErrors;
    }
    const last = input.sequenceNumbers.at(-1) ?? null;
    const until = last === null ? state.last : fenceOf(last);
    await reading.passed({
      // A state counts only if it is handed on, which an invocation never knows.
      done: isOver && until !== null ? sequenceNumberOf(until) : null,
      refused: collector.count() > 0 ? last : null,
    });
    const kept = isOver ? new Map() : listsOf(rest);
    report(
      context,
      {
        ...{ input, counts, folded: due, started, faults: collector.count() },
        ...{ rowErrors: outcome.rowErrors, failedWrites: 0 },
      },
      { StateGroups: [...kept.values()].flat().length, SealedStates: sealed.length },
    );
    if (isOver) return respond(null, {});
    return respond(
      null,
      codec.encode({
        shardId,
        plan: refuser.version,
        last: until,
        lane,
        epoch: reading.epoch,
        groups: kept,
        records,
      }),
    );
  };
}

/** An invocation that Lambda has to repeat with the state and the records it came with. */
export class WindowFailed extends Error {
  override readonly name = 'WindowFailed';
  readonly retryable = true;
  constructor(what: string, cause?: unknown) {
    const why = cause === undefined ? '' : `: ${errorDetails(cause).reason}`;
    super(`${what} failed; nothing of the window's state has moved on${why}`, { cause });
  }
}

/** Where a contribution goes, and by whom. */
interface Into {
  readonly salt: string;
  readonly reading: Reading;
}

/** A contribution is to be split, which its records alone can be. */
class StateSplit extends Error {
  override readonly name = 'StateSplit';
}

function split(cause?: unknown): never {
  throw new StateSplit('a state cannot be split', { cause });
}

function isSplit(error: unknown): boolean {
  if (error instanceof StateSplit) return true;
  return error instanceof Error && error.cause instanceof StateSplit;
}

/** Without the records that the state holds already: it may be newer than the checkpoint. */
function unheld(event: StreamEvent, state: WindowState): StreamEvent {
  const { Records = [] } = event;
  const held = countHeld(state, openInput(event).sequenceNumbers);
  return held === 0 ? event : { ...event, Records: Records.slice(held) };
}

/** A place behind a record. */
function after(last: Fence | null): string | null {
  return last === null ? null : String(BigInt(sequenceNumberOf(last)) + 1n);
}

/** From the first to the last record of the groups. */
function rangeOf(part: Folded, lane: Lane): Range {
  const groups = [...listsOf(part).values()].flat();
  const first = groups.reduce((low, group) => Math.min(low, group.first), Infinity);
  const last = groups.reduce((high, group) => Math.max(high, group.last), -Infinity);
  return { first: sequenceNumberOf(lane.at(first)), last: sequenceNumberOf(lane.at(last)) };
}

function listsOf({ groups }: Folded) {
  return new Map([...groups].map(([id, { list }]) => [id, list]));
}
