import type { Upsert } from '../../shared/config/upserts.ts';
import { createDecoder, unpacking } from '../../shared/records/format.ts';
import { shorten } from '../../shared/results/item-key.ts';
import type { ItemKey } from '../../shared/results/store.ts';
import { keyText } from '../../shared/sql/engine/keys.ts';
import type { Row } from '../../shared/sql/types.ts';

/** A row on its way into an item. */
export interface Entry {
  readonly key: ItemKey;
  readonly row: Row;
  /** Position of its record in the event, and its place in the record. */
  readonly record: number;
  readonly sub: number;
  /** Milliseconds since 1970. */
  readonly arrival: number;
}

/** Gives the rows in buf[start … end), all or none: throws RecordFault for what cannot be read. */
export type ReadRows = (
  buf: Buffer,
  start: number,
  end: number,
  arrival: number,
) => { readonly key: ItemKey; readonly row: Row }[];

/** `table` is the physical name. */
export function createRowReader(upsert: Upsert, table: string): ReadRows {
  const { columns, format, compression, name, generation } = upsert;
  const plain = createDecoder(format, columns);
  const decoder = compression === 'gzip' ? unpacking(plain) : plain;
  const partition = joined(upsert, upsert.key.partition);
  const sort = joined(upsert, upsert.key.sort);
  return (buf, start, end, arrival) => {
    const rows: { key: ItemKey; row: Row }[] = [];
    decoder.decode(
      buf,
      start,
      end,
      (row) => {
        const pk = shorten(`${name}@${generation}#${partition(row)}`);
        rows.push({ key: { table, pk, sk: shorten(sort(row)) }, row });
      },
      arrival,
    );
    return rows;
  };
}

/** As in the other tables: values joined by '|', '*' where there are none (docs/tables.md). */
function joined({ columns }: Upsert, names: readonly string[]): (row: Row) => string {
  if (names.length === 0) return () => '*';
  const parts = names.map((name) => {
    const index = columns.findIndex((column) => column.name === name);
    return { slot: index + 1, text: keyText(columns[index]!.type) };
  });
  return (row) => parts.map(({ slot, text }) => text(row[slot]!)).join('|');
}
