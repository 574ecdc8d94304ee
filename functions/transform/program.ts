import type { TransformWork } from '../../shared/config/transformer.ts';
import { TransformError } from '../../shared/firehose/transformer.ts';
import { createDecoder } from '../../shared/records/format.ts';
import { metadataFiller } from '../../shared/records/metadata.ts';
import type { Format } from '../../shared/records/types.ts';
import { createFolder } from '../../shared/sql/engine/fold.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import type { Node, Plan } from '../../shared/sql/plan.ts';
import type { Row } from '../../shared/sql/types.ts';
import { jsonLine, type Timestamps } from './json-text.ts';
import type { Lines } from './lines.ts';

/**
 * The rows that a program without aggregates makes of each record, in the program's order. A row
 * that a pump cannot take fails its record: TransformError ROW_ERROR.
 */
export function programLines(
  { columns, plan, output }: Extract<TransformWork, { kind: 'sql' }>,
  format: Format,
  timestamps: Timestamps,
): Lines {
  const read = plan.source.columns.filter(({ metadata }) => metadata === undefined);
  const mapped = read.map(({ name }) => columns.find((column) => column.name === name)!);
  const decoder = createDecoder(format, mapped);
  const complete = metadataFiller(plan.source.columns);
  const graph = arrange({ ...plan, nodes: nodesBefore(plan, output) });
  const keep = new Set([output]);
  const folder = createFolder(graph, { latenessMs: null, skewMs: null, keep });
  const outputColumns = plan.streams[output]!.columns;
  const putLine = jsonLine(outputColumns, timestamps);

  return {
    columns: outputColumns,
    read: (record, out, written) => {
      const { data, arrival } = record;
      const take = (row: Row): void => {
        row[0] = arrival;
        folder.take(complete === null ? row : complete(row, record), 0, 0);
      };
      // Decoders give a record as a whole or not at all: what they refuse leaves nothing behind.
      decoder.decode(data, 0, data.length, take, arrival);
      const { appended, rejections } = folder.finish();
      const [first] = rejections;
      if (first !== undefined) {
        const { node, code, message } = first;
        throw new TransformError('ROW_ERROR', `pump ${node.pump}: ${code}: ${message}`);
      }
      for (const { values } of appended) {
        putLine(out, values);
        written(values);
      }
    },
  };
}

/** The nodes whose rows reach a stream: what other pumps make, or cannot take, is not delivered. */
function nodesBefore(plan: Plan, output: string): readonly Node[] {
  const wanted = new Set([output]);
  return plan.nodes
    .toReversed()
    .filter(({ from, into }) => wanted.has(into) && wanted.add(from))
    .reverse();
}
