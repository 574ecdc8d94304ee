import { type Mapping, startMapping } from '../../local/mapping/mapping.ts';
import type { MappingEvent, MappingSettings, StreamSource } from '../../local/mapping/types.ts';
import type { VirtualClock } from '../../local/mapping/virtual-clock.ts';
import type { Fault } from './faults.ts';
import type { Random } from './random.ts';
import { SETTINGS } from './settings.ts';

export type Checkpoints = ReadonlyMap<string, string>;

/** The event source mapping of one application, with its pollers and its past. */
export interface Subscription {
  readonly checkpoints: () => Checkpoints;
  readonly start: (from: Checkpoints) => void;
  readonly stop: () => Promise<void>;
  /** The checkpoints as they were at a time, or at any time before it. */
  readonly earlier: (time: number) => Checkpoints;
  /** Forgets checkpoints after a time: the tables do not hold what they say any more. */
  readonly forget: (time: number) => void;
  /** A second poller beside the first, from checkpoints that are not ahead of it. */
  readonly second: (from: Checkpoints) => () => Promise<void>;
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
  let past: { time: number; checkpoints: Checkpoints }[] = [{ time: 0, checkpoints: new Map() }];
  let requests = 0;

  const begin = (from: Checkpoints, note: boolean): Mapping => {
    const started: Mapping = startMapping(
      {
        source,
        clock,
        invoke: (event) => ports.invoke(event, started.checkpoints),
        settings: settingsOf(ports),
        requestId: () => `request-${++requests}`,
        report: ({ kind }) => {
          if (kind !== 'checkpoint' || !note || started !== mapping) return;
          past.push({ time: clock.now(), checkpoints: new Map(started.checkpoints) });
        },
      },
      from,
    );
    // A defect of the mapping shows in `stop`, and in what is never drained.
    started.finished.catch(() => {});
    return started;
  };

  return {
    checkpoints: () => mapping?.checkpoints ?? past.at(-1)!.checkpoints,
    start: (from) => {
      mapping = begin(from, true);
    },
    stop: async () => {
      await mapping?.stop();
    },
    earlier: (time) => {
      const known = past.filter((entry) => entry.time <= time);
      return random.chance(0.5) ? known.at(-1)!.checkpoints : random.pick(known).checkpoints;
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

function settingsOf({ random, faults, settings }: Ports): MappingSettings {
  return {
    ...SETTINGS,
    batchSize: random.pick([1, 4, 10, 30, 100]),
    batchWindowMs: random.pick([0, 15_000, 30_000, 60_000]),
    bisectBatchOnFunctionError: faults.has('bisect'),
    ...settings,
  };
}
