import { createHash } from 'node:crypto';
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Attributes } from '../../shared/results/store.ts';
import { addDecimalText, type DecimalSum, exactText, newSum } from '../../shared/sql/decimal.ts';

/** What is known of the rows of one output in one generation, without holding them. */
export interface Figures {
  readonly rows: number;
  /** Exact sums of its numbers, by column. */
  readonly sums: ReadonlyMap<string, string>;
  /** Equal where all rows are equal, in whatever order they came. */
  readonly digest: string;
}

export interface Tally {
  /** Takes an item of the output's table. */
  readonly take: (item: Attributes) => void;
  readonly figures: () => Figures;
}

const DIGEST = 2n ** 64n;

export function createTally(): Tally {
  const sums = new Map<string, DecimalSum>();
  let rows = 0;
  let digest = 0n;
  const takeRow = (row: Attributes): void => {
    rows++;
    for (const [name, value] of columnsOf(row)) {
      if (value.N === undefined) continue;
      const sum = sums.get(name) ?? newSum();
      addDecimalText(sum, value.N);
      sums.set(name, sum);
    }
  };
  return {
    take: (item) => {
      if (item._gone !== undefined) return;
      const list = item.rows?.L;
      if (list === undefined) takeRow(item);
      else for (const { M } of list) takeRow(M!);
      digest = (digest + hashOf(item)) % DIGEST;
    },
    figures: () => ({
      rows,
      sums: new Map([...sums].map(([name, sum]) => [name, exactText(sum)])),
      digest: digest.toString(16),
    }),
  };
}

/** The columns of a row: what begins with an underscore, the keys and the expiry are the table's own. */
function columnsOf(row: Attributes): [string, AttributeValue][] {
  const own = (name: string): boolean =>
    name.startsWith('_') || name === 'pk' || name === 'sk' || name === 'expires';
  return Object.entries(row).filter(([name]) => !own(name));
}

/** Of a row's place in its window and all its columns. */
function hashOf(item: Attributes): bigint {
  const columns = columnsOf(item).sort(([a], [b]) => (a < b ? -1 : 1));
  const place = `${windowOf(item)} ${item.sk!.S}`;
  const text = JSON.stringify([place, columns], (_, value) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
  );
  return createHash('sha256').update(text).digest().readBigUInt64BE();
}

/** The name of an item's generation: what stands before the window in its partition key. */
export function nameOf(item: Attributes): string {
  return item.pk!.S!.split('#', 1)[0]!;
}

/** The start of an item's window, ISO 8601. */
export function windowOf(item: Attributes): string {
  return item.pk!.S!.split('#')[1] ?? '';
}
