import { type Mapping, startMapping } from '../../local/mapping/mapping.ts';
import type {
  MappingEvent,
  MappingSettings,
  OpenWindow,
  StreamSource,
} from '../../local/mapping/types.ts';
import type { VirtualClock } from '../../local/mapping/virtual-clock.ts';
import type { Fault } from './faults.ts';
import type { Random } from './random.ts';
import { SETTINGS } from './settings.ts';

export type Checkpoints = ReadonlyMap<string, string>;

/** How far a mapping has come: what is done, and the windows that are open behind it. */
export interface Progress {
  readonly checkpoints: Checkpoints;
  readonly windows: ReadonlyMap<string, OpenWindow>;
}

export const FROM_START: Progress = { checkpoints: new Map(), windows: new Map() };

/** The event source mapping of one application, with its pollers and its past. */
export interface Subscription {
  readonly progress: () => Progress;
  readonly start: (from: Progress) => void;
  readonly stop: () => Promise<void>;
  /** Its progress as it was at a time, or at any time before it. */
  readonly earlier: (time: number) => Progress;
  /** The states of now, with checkpoints from before them in the same windows. */
  readonly stateAhead: () => Progress;
  /** A place before all that was in a state at this time, or earlier: for a mapping without a state. */
  readonly settled: (time: number) => Progress;
  /** From the next start on it works the other way: with window state, or without. */
  readonly switchMode: () => void;
  /** Forgets checkpoints after a time: the tables do not hold what they say any more. */
  readonly forget: (time: number) => void;
  /** A second poller beside the first, from checkpoints that are not ahead of it. */
  readonly second: (from: Progress) => () => Promise<void>;
}

interface Ports {
  readonly clock: VirtualClock;
  readonly random: Random;
  readonly faults: ReadonlySet<Fault>;
  readonly source: StreamSource;
  readonly invoke: (event: MappingEvent, checkpoints: Checkpoints) => Promise<unknown>;
  readonly settings: Partial<MappingSettings>;
}

export function createSubscription(ports: Ports): Subscription {
  const { clock, source, random } = ports;
  let mapping: Mapping | null = null;
  let past: Past[] = [{ time: 0, ...FROM_START, flushed: new Map() }];
  let requests = 0;
  let windowMs = ports.faults.has('window') ? random.pick(WINDOWS) : 0;

  const note = (shardId: string, { checkpoints, windows }: Mapping): void => {
    const flushed = new Map(past.at(-1)!.flushed);
    if (!windows.has(shardId)) flushed.set(shardId, checkpoints.get(shardId) ?? '');
    const time = clock.now();
    past.push({ time, checkpoints: new Map(checkpoints), windows: new Map(windows), flushed });
  };
  const begin = (from: Progress, isNoted: boolean): Mapping => {
    const started: Mapping = startMapping(
      {
        source,
        clock,
        invoke: (event) => ports.invoke(event, started.checkpoints),
        settings: settingsOf(ports, windowMs),
        requestId: () => `request-${++requests}`,
        report: (told) => {
          if (told.kind !== 'checkpoint' && told.kind !== 'windowClosed') return;
          if (isNoted && started === mapping) note(told.shardId, started);
        },
      },
      from.checkpoints,
      from.windows,
    );
    // A defect of the mapping shows in `stop`, and in what is never drained.
    started.finished.catch(() => {});
    return started;
  };

  return {
    progress: () => {
      const { checkpoints, windows } = mapping ?? past.at(-1)!;
      return { checkpoints, windows: new Map(windows) };
    },
    start: (from) => {
      mapping = begin(from, true);
    },
    stop: async () => {
      await mapping?.stop();
    },
    earlier: (time) => {
      const known = past.filter((entry) => entry.time <= time);
      return random.chance(0.5) ? known.at(-1)! : random.pick(known);
    },
    stateAhead: () => {
      const { checkpoints, windows } = mapping ?? past.at(-1)!;
      const back = [...windows].map(([shardId, { start }]) => {
        const opened = past.findIndex((entry) => entry.windows.get(shardId)?.start === start);
        const since = past.slice(Math.max(0, opened - 1)).map((entry) => entry.checkpoints);
        const held = since.map((entry) => entry.get(shardId) ?? '');
        const now = checkpoints.get(shardId) ?? '';
        const behind = held.filter((checkpoint) => checkpoint < now);
        return [shardId, behind.length > 0 ? random.pick(behind) : now] as const;
      });
      return { checkpoints: new Map([...checkpoints, ...back]), windows: new Map(windows) };
    },
    settled: (time) => {
      const known = past.filter((entry) => entry.time <= time);
      const { flushed } = known.at(-1)!;
      const isBefore = ([shardId, checkpoint]: [string, string]): boolean =>
        checkpoint <= (flushed.get(shardId) ?? '');
      const whole = known.filter(({ checkpoints }) => [...checkpoints].every(isBefore));
      return { checkpoints: random.pick(whole).checkpoints, windows: new Map() };
    },
    switchMode: () => {
      windowMs = windowMs === 0 ? random.pick(WINDOWS) : 0;
      // It is another mapping: no state outlives the one before.
      past = past.map((entry) => ({ ...entry, checkpoints: entry.flushed, windows: new Map() }));
    },
    forget: (time) => {
      past = past.filter((entry) => entry.time <= time);
    },
    second: (from) => {
      const other = begin(from, false);
      return () => other.stop();
    },
  };
}

/** Shorter than the program's minute, as long, and longer. */
const WINDOWS = [10_000, 60_000, 300_000];

/** Progress at a time. */
interface Past extends Progress {
  readonly time: number;
  /** What no state holds: it is in the tables. */
  readonly flushed: Checkpoints;
}

function settingsOf({ random, faults, settings }: Ports, windowMs: number): MappingSettings {
  return {
    ...SETTINGS,
    batchSize: random.pick([1, 4, 10, 30, 100]),
    batchWindowMs: random.pick([0, 15_000, 30_000, 60_000]),
    bisectBatchOnFunctionError: faults.has('bisect'),
    ...(windowMs > 0 && {
      tumblingWindowMs: windowMs,
      finalWithRecords: random.chance(0.5),
      ...(faults.has('early') && { stateBytes: random.pick([250, 1_000]) }),
    }),
    ...settings,
  };
}
