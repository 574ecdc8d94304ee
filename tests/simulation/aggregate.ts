import { createDispatcher } from '../../functions/aggregate/dispatch.ts';
import { liveGeneration } from '../../functions/aggregate/live-generation.ts';
import { createRulesIn, epochsOf } from '../../functions/aggregate/rules.ts';
import type { Reread } from '../../functions/aggregate/windowed/reread.ts';
import type { Range } from '../../functions/aggregate/windowed/state.ts';
import type { Clock } from '../../local/mapping/types.ts';
import type { Application } from '../../shared/config/application.ts';
import type { ShardRanges } from '../../shared/consume/shard-ranges.ts';
import type { KinesisRecord } from '../../shared/records/event.ts';
import type { Epochs } from '../../shared/results/epochs.ts';
import { strictOf } from './applications.ts';
import type { Network } from './client.ts';
import type { Fault } from './faults.ts';
import { graphOf } from './graph.ts';
import type { Code } from './invocation.ts';
import { TABLES } from './settings.ts';

const REREAD_RECORDS = 7;

/** Where rules are never replaced. */
export const ONE_EPOCH: Epochs = {
  enter: async () => 1,
  pass: async () => true,
};

interface Ports {
  /** The application that has the pointer. Another program of its name goes without one. */
  readonly pointed: Application;
  readonly clock: Clock;
  readonly faults: ReadonlySet<Fault>;
  readonly network: Network;
  readonly ranges: ShardRanges;
  /** The records of a range, as the stream has them now. */
  readonly reread: (shardId: string, range: Range) => readonly KinesisRecord[];
  readonly sealBytes: number;
}

/** The aggregate function of an application. */
export function aggregateCode(application: Application, ports: Ports): Code {
  const isMended = ports.faults.has('mended');
  const strict = { note: ', by the schema before it was mended', before: null };
  const before = isMended ? { ...strict, start: starting(strictOf(application), ports) } : null;
  return { note: '', before, start: starting(application, ports) };
}

function starting(application: Application, ports: Ports): Code['start'] {
  const { pointed, clock, network, ranges, sealBytes } = ports;
  return (invocation) => {
    const reread: Reread = async function* (shardId, range) {
      const records = await network.ask(invocation, () => ports.reread(shardId, range));
      for (let from = 0; from < records.length; from += REREAD_RECORDS) {
        yield records.slice(from, from + REREAD_RECORDS);
      }
    };
    const store = network.store(invocation);
    const context = { application, graph: graphOf(application), tables: TABLES, store };
    const epochs = ports.faults.has('mended')
      ? (...by: [string, string]) => epochsOf(context, ...by, clock.now)
      : () => ONE_EPOCH;
    const rules = createRulesIn(context, epochs);
    const generation =
      application === pointed ? liveGeneration(context, 'faults', clock.now) : async () => '';
    const faults = network.faultStore(invocation);
    return createDispatcher(context, { faults, ranges, reread, sealBytes, generation, rules });
  };
}
