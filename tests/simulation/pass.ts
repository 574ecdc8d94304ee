import { createDispatcher } from '../../functions/aggregate/dispatch.ts';
import { createRulesIn } from '../../functions/aggregate/rules.ts';
import type { Reread } from '../../functions/aggregate/windowed/reread.ts';
import type { Application } from '../../shared/config/application.ts';
import type { FaultStore } from '../../shared/consume/faults.ts';
import type { Epochs } from '../../shared/results/epochs.ts';
import type { Store } from '../../shared/results/store.ts';
import { graphOf } from './graph.ts';
import { TABLES } from './settings.ts';
import type { Stream } from './stream.ts';
import { Broken } from './violation.ts';
import { deliver, walk } from './walk.ts';

/** The function without a network, over records as they lie in the stream. */
export interface Direct {
  readonly application: Application;
  readonly stream: Stream;
  readonly store: Store;
  readonly faults: FaultStore;
  /** The generation to write. */
  readonly salt: string;
  /** Who has read the shards; null: as the tables know it. */
  readonly epochs: Epochs | null;
}

/** One pass over a stream, shard by shard in steps of `size` records; counts by shard. */
export async function pass(
  { application, stream, store, faults, salt, epochs }: Direct,
  oldest: number,
  size: () => number,
): Promise<Map<string, Record<string, number>>> {
  const context = { application, graph: graphOf(application), tables: TABLES, store };
  const consume = createDispatcher(context, {
    ...{ faults, ranges: stream.ranges, reread: notNeeded, generation: async () => salt },
    ...(epochs === null ? {} : { rules: createRulesIn(context, () => epochs) }),
  });
  const counts = new Map<string, Record<string, number>>();
  await walk(stream, oldest, size, async (shardId, event) => {
    add(counts, shardId, await listen(() => deliver(consume, shardId, event)));
  });
  return counts;
}

/** What the function reports of itself while `work` runs. */
async function listen(work: () => Promise<void>): Promise<string[]> {
  const lines: string[] = [];
  const before = console.log;
  console.log = (line: string) => lines.push(line);
  try {
    await work();
  } finally {
    console.log = before;
  }
  return lines;
}

/** A pass begins before all that is in the tables: nothing stands in the middle of a state. */
const notNeeded: Reread = (shardId) => {
  throw new Broken({ invariant: 'seals', message: `${shardId}: records are read again` });
};

function add(
  counts: Map<string, Record<string, number>>,
  shardId: string,
  lines: readonly string[],
): void {
  const sums = counts.get(shardId) ?? {};
  for (const line of lines.filter((text) => text.includes('"_aws"'))) {
    const { _aws: _, Application: __, ...metrics } = JSON.parse(line) as Record<string, unknown>;
    for (const [name, value] of Object.entries(metrics)) {
      sums[name] = (sums[name] ?? 0) + Number(value);
    }
  }
  counts.set(shardId, sums);
}
