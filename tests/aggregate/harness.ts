import { createConsumer } from '../../functions/aggregate/consumer.ts';
import { createRulesIn, epochsOf } from '../../functions/aggregate/rules.ts';
import type { Application } from '../../shared/config/application.ts';
import type { FaultStore, FaultyRecord } from '../../shared/consume/faults.ts';
import { faultKey } from '../../shared/consume/faults.ts';
import type { MappedColumn } from '../../shared/records/types.ts';
import { rowAttributes } from '../../shared/results/attributes.ts';
import type { Attributes, Store } from '../../shared/results/store.ts';
import { runBatch } from '../../shared/sql/engine/batch.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import type { Plan } from '../../shared/sql/plan.ts';
import type { Row } from '../../shared/sql/types.ts';

/** An application over JSON records whose columns have their own names as paths. */
export function applicationOf(plan: Plan, overrides: Partial<Application> = {}): Application {
  const columns: MappedColumn[] = plan.source.columns.map((column) => ({
    ...column,
    path: `$.${column.name}`,
    ...(column.type.name === 'TIMESTAMP' ? { unit: 'ms' as const } : {}),
  }));
  const outputs = Object.values(plan.streams)
    .filter(({ declared }) => declared)
    .map(({ name }) => [name, { table: 'results', keepMs: null, spread: 4 }]);
  return {
    name: 'app',
    stream: { name: 'events', format: 'json', producer: 'other', retentionMs: 86_400_000 },
    columns,
    plan,
    latenessMs: null,
    skewMs: 300_000,
    outputs: Object.fromEntries(outputs),
    ...overrides,
  };
}

export interface MemoryFaults extends FaultStore {
  readonly objects: Map<string, FaultyRecord>;
}

export function memoryFaults(): MemoryFaults {
  const objects = new Map<string, FaultyRecord>();
  return {
    objects,
    put: async (record) => {
      objects.set(faultKey(record), record);
    },
  };
}

export function consumerOf(
  application: Application,
  store: Store,
  faults: FaultStore,
  now: () => number = Date.now,
  salt = '',
) {
  const graph = arrange(application.plan);
  const context = { application, graph, tables: { prefix: 't-', state: 't-state' }, store };
  const rules = createRulesIn(context, (...by) => epochsOf(context, ...by, now));
  return createConsumer(context, { faults, ranges: null, generation: async () => salt, rules });
}

/** The rows of an output as a reader of the table finds them, as sorted JSON. */
export function tableRows(items: Record<string, Attributes>, stream: string): string[] {
  return Object.entries(items)
    .filter(([id, item]) => id.startsWith(`t-results/app.${stream}@`) && item._gone === undefined)
    .flatMap(([, item]) => (item.rows?.L ? item.rows.L.map(({ M }) => M!) : [item]))
    .map(visible)
    .sort();
}

/** The same rows computed from all records at once, by the engine that has no tables. */
export function batchRows(plan: Plan, rows: readonly Row[], stream: string): string[] {
  const { columns } = plan.streams[stream]!;
  return (runBatch(plan, rows).streams.get(stream) ?? [])
    .map((row) => visible(rowAttributes(columns, row)))
    .sort();
}

/** The columns alone: keys, expiry and what begins with an underscore are the table's own. */
function visible(item: Attributes): string {
  const own = new Set(['pk', 'sk', 'expires']);
  const columns = Object.entries(item).filter(([name]) => !own.has(name) && !name.startsWith('_'));
  return JSON.stringify(Object.fromEntries(columns.sort(([a], [b]) => (a < b ? -1 : 1))));
}
