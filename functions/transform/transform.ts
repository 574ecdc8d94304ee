import { TIME_KEYS } from '../../shared/config/prefixes.ts';
import type { Transformer } from '../../shared/config/transformer.ts';
import { requireSame } from '../../shared/firehose/output.ts';
import { dropped, keyed, type Transform } from '../../shared/firehose/transformer.ts';
import type { Column, Row } from '../../shared/sql/types.ts';
import { type Plain, plainValue, type Timestamps } from './json-text.ts';
import { LineWriter } from './line-writer.ts';
import { createLines } from './lines.ts';

/** What a delivery of streams.yml does to each record. Make it once: it keeps memory for decoding. */
export function createTransform(transformer: Transformer): Transform {
  const { work, partitionKeys, timestamps } = transformer;
  const { columns, read } = createLines(transformer);
  const none = work.kind === 'sql' ? 'FILTERED' : 'NO_ROWS';
  const keysOf = keyReader(partitionKeys, columns, timestamps);
  const out = new LineWriter();
  return (record) => {
    let keys: Readonly<Record<string, Plain>> | null = null;
    out.begin();
    read(record, out, (row) => {
      if (keysOf === null) return;
      const own = keysOf(row);
      if (keys !== null) requireSame(keys, own);
      keys = own;
    });
    const lines = out.take();
    if (lines.length === 0) return dropped(none);
    return keys === null ? lines : keyed(lines, keys);
  };
}

type KeysOf = (row: Row) => Record<string, Plain>;

/** The values of the columns that the prefix names; null: it names none. */
function keyReader(
  partitionKeys: readonly string[],
  columns: readonly Column[],
  timestamps: Timestamps,
): KeysOf | null {
  const wanted = partitionKeys.filter((key) => !TIME_KEYS.includes(key));
  if (wanted.length === 0) return null;
  const readers = wanted.map((key) => {
    const index = columns.findIndex(({ name }) => name === key);
    if (index < 0) throw new Error(`no column gives the partition key ${key}`);
    return { key, index, plain: plainValue(columns[index]!.type, timestamps) };
  });
  return (row) =>
    Object.fromEntries(readers.map(({ key, index, plain }) => [key, plain(row[index + 1]!)]));
}
