import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { type Io, note } from '../io.ts';
import { plural } from '../program.ts';
import { renderTable } from '../table.ts';
import { type Comparison, comparisonTable } from './compare.ts';
import type { Fill } from './fill.ts';
import type { Filler } from './filler.ts';
import type { RebuildRecord } from './record.ts';
import type { Target } from './target.ts';

/** Says what a rebuild does: tables and news for people, or one JSON object a line. */
export interface Teller {
  readonly note: (text: string) => void;
  readonly begun: (record: RebuildRecord, target: Target, isResumed: boolean) => void;
  /** The line that is shown while it fills. */
  readonly fillText: (fill: Fill) => string;
  readonly filled: (fill: Fill, counts: Filler['counts']) => void;
  readonly compared: (comparison: Comparison) => void;
  readonly waits: (isEqual: boolean) => void;
  readonly switched: (application: string, names: AttributeValue) => void;
  readonly done: (expired: number, goneAt: number) => void;
  readonly aborted: (expired: number) => void;
}

/** Shards whose lag fits in one line. */
const SHARDS_SHOWN = 3;

export function createTeller(io: Io, isJson: boolean): Teller {
  const json = (fields: Record<string, unknown>): void => {
    if (isJson) io.out.write(`${JSON.stringify(fields)}\n`);
  };
  const say = (text: string): void => {
    if (!isJson) note(io, text);
  };
  return {
    note: (text) => note(io, text),
    begun: ({ salt, shards }, { context, stream, hasRun }, isResumed) => {
      const { name } = context.application;
      json({ phase: 'filling', application: name, stream: stream.name, salt, resumed: isResumed });
      const how = isResumed ? `goes on at ${plural(recordsIn(shards), 'record')}` : 'begins';
      say(`rebuild of ${name} from stream ${stream.name} ${how}`);
      if (!hasRun) note(io, `${name} has not run here yet: what is deployed could not be compared`);
    },
    fillText: (fill) => {
      const records = plural(recordsIn(fill.shards()), 'record');
      const behind = [...fill.behind()].sort(([, a], [, b]) => b - a);
      const shown = behind.slice(0, SHARDS_SHOWN).map(([id, ms]) => `${id} ${lagText(ms)}`);
      const more = behind.length - shown.length;
      return [`filling: ${records}`, ...shown, ...(more > 0 ? [`${more} more`] : [])].join(', ');
    },
    filled: (fill, { Faults, Late }) => {
      const shards = [...fill.shards()].sort(([a], [b]) => (a < b ? -1 : 1));
      const behind = fill.behind();
      json({
        phase: 'filled',
        records: recordsIn(fill.shards()),
        shards: shards.map(([shardId, { records, first, last }]) => ({
          ...{ shardId, records },
          ...{ first: isoOf(first), last: isoOf(last), behindMs: behind.get(shardId) ?? 0 },
        })),
        faults: Faults,
        late: Late,
      });
      if (isJson) return;
      const column = (heading: string, isNumeric: boolean, cells: string[]) => ({
        ...{ heading, isNumeric, cells },
      });
      const table = [
        column(
          'shard',
          false,
          shards.map(([shardId]) => shardId),
        ),
        column(
          'records',
          true,
          shards.map(([, { records }]) => records.toLocaleString('en')),
        ),
        column(
          'first',
          false,
          shards.map(([, { first }]) => isoOf(first)),
        ),
        column(
          'last',
          false,
          shards.map(([, { last }]) => isoOf(last)),
        ),
        column(
          '',
          false,
          shards.map(([id]) => lagText(behind.get(id) ?? 0)),
        ),
      ];
      io.out.write(`${renderTable(table, io.out.color)}\n`);
      if (Faults > 0) note(io, `${plural(Faults, 'record')} set aside (${Late} late)`);
    },
    compared: (comparison) => {
      const { outputs, older, moving, isEqual } = comparison;
      json({
        ...{ phase: 'compared', equal: isEqual },
        outputs: outputs.map(({ output, live, rebuilt }) => ({
          output,
          live: { rows: live.rows, sums: Object.fromEntries(live.sums) },
          rebuilt: { rows: rebuilt.rows, sums: Object.fromEntries(rebuilt.sums) },
          same: live.digest === rebuilt.digest,
        })),
        ...{ older, moving },
      });
      if (isJson) return;
      io.out.write(comparisonTable(comparison, io.out.color));
      const beside = (count: { live: number; rebuilt: number }): string =>
        `${count.live.toLocaleString('en')} live, ${count.rebuilt.toLocaleString('en')} rebuilt`;
      if (older.live + older.rebuilt > 0) {
        note(
          io,
          `not in the table: rows of windows that began before the first record (${beside(older)})`,
        );
      }
      if (older.live > older.rebuilt) {
        note(
          io,
          'what only the live rows have is not in the stream any more: --archive can bring it',
        );
      }
      if (moving.live + moving.rebuilt > 0) {
        note(io, `not in the table: rows of windows that still move (${beside(moving)})`);
      }
    },
    waits: (isEqual) =>
      say(
        isEqual
          ? 'both are equal. The same command with --switch makes the rebuilt rows the live ones'
          : 'they differ. If that is what you want, --switch makes the rebuilt rows the live ones; --abort gives them up',
      ),
    switched: (application, names) => {
      const prefixes = Object.entries(names.M ?? {}).map(
        ([output, { S }]) => [output, S!] as const,
      );
      json({ phase: 'switched', outputs: Object.fromEntries(prefixes) });
      say(`switched: the live rows of ${application} are now`);
      for (const [, name] of prefixes) say(`  ${name}`);
    },
    done: (expired, goneAt) => {
      json({ phase: 'done', expired, goneAt: isoOf(goneAt) });
      say(`done: ${plural(expired, 'item')} of the old rows will be gone after ${isoOf(goneAt)}`);
    },
    aborted: (expired) => {
      json({ phase: 'aborted', expired });
      say(
        `given up: ${plural(expired, 'item')} of it will be removed; the live rows were not touched`,
      );
    },
  };
}

function recordsIn(shards: ReadonlyMap<string, { readonly records: number }>): number {
  return [...shards.values()].reduce((sum, { records }) => sum + records, 0);
}

function lagText(ms: number): string {
  if (ms < 5_000) return 'at the tip';
  const seconds = Math.round(ms / 1_000);
  if (seconds < 120) return `${seconds} s behind`;
  const minutes = Math.round(seconds / 60);
  return minutes < 120 ? `${minutes} min behind` : `${Math.round(minutes / 60)} h behind`;
}

function isoOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, 'Z');
}
