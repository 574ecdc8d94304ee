import { createDecoder, formatName, unpacking } from '../shared/records/format.ts';
import { metadataFiller } from '../shared/records/metadata.ts';
import { type Format, type MappedColumn, RecordFault } from '../shared/records/types.ts';
import type { SourceColumn } from '../shared/sql/plan.ts';
import type { Row } from '../shared/sql/types.ts';
import { CommandError, messageOf } from './errors.ts';
import { type RowtimeSource, readRowtime } from './rowtime.ts';

/** The rows of the input, and what became of the records that gave none. */
export interface Rows {
  readonly rows: readonly Row[];
  /** For each row the place it came from: a line's number, or a record of a stream. */
  readonly places: readonly Place[];
  readonly faults: readonly Fault[];
  /** User records, good and bad. */
  readonly records: number;
  /** Rows that got the time of `now`. */
  readonly undated: number;
}

export type Place = number | string;

export interface Fault {
  readonly place: Place;
  readonly reason: string;
  readonly message: string;
}

/** What is known of a record besides its data; null: not known, as in a file. */
export interface Metadata {
  readonly arrival: number | null;
  readonly shardId: string | null;
  readonly partitionKey: string | null;
  readonly sequenceNumber: string | null;
}

export interface RowReader {
  /** Takes one user record: its rows are kept, or its fault. `damage`: why it is no aggregate. */
  readonly take: (
    data: Buffer,
    from: number,
    to: number,
    place: Place,
    about: Metadata,
    damage?: string | null,
  ) => void;
  readonly finish: () => Rows;
}

export interface RowSettings {
  readonly format: Format;
  /** Records are gzipped as a whole, which lines of a file cannot be. */
  readonly isPacked: boolean;
  /** What the program reads, in the order of its rows. */
  readonly columns: readonly SourceColumn[];
  /** Where each of them is found in a record, without metadata. */
  readonly mapped: readonly MappedColumn[];
  readonly rowtime: RowtimeSource | null;
  /** The ROWTIME of a row that has no other. */
  readonly now: number;
}

/** From records to the rows that the program reads. Throws CommandError if a column fits no record. */
export function createRowReader(settings: RowSettings): RowReader {
  const { columns, mapped, rowtime, now } = settings;
  const decoder = decoderOf(settings);
  const fill = metadataFiller(columns);
  const rows: Row[] = [];
  const places: Place[] = [];
  const faults: Fault[] = [];
  let records = 0;
  let undated = 0;
  const complete = (decoded: Row, about: Metadata): Row => {
    const time = rowtime === null ? null : readRowtime(decoded[mapped.length + 1]!, rowtime);
    const arrival = time ?? about.arrival ?? now;
    if (time === null && about.arrival === null) undated++;
    const row: Row = [arrival, ...decoded.slice(1, mapped.length + 1)];
    return fill === null ? row : fill(row, { ...about, arrival });
  };
  return {
    take: (data, from, to, place, about, damage = null) => {
      records++;
      const decoded: Row[] = [];
      try {
        decoder.decode(data, from, to, (row) => decoded.push(row), about.arrival ?? now);
        for (const row of decoded.map((one) => complete(one, about))) {
          rows.push(row);
          places.push(place);
        }
      } catch (error) {
        if (!(error instanceof RecordFault)) throw error;
        const { reason, message } = error;
        faults.push(
          damage === null
            ? { place, reason, message }
            : { place, reason: 'DAMAGED_AGGREGATE', message: damage },
        );
      }
    },
    finish: () => ({ rows, places, faults, records, undated }),
  };
}

function decoderOf({ format, isPacked, mapped, rowtime }: RowSettings) {
  const wanted = rowtime === null ? mapped : [...mapped, rowtime.column];
  try {
    const decoder = createDecoder(format, wanted);
    return isPacked ? unpacking(decoder) : decoder;
  } catch (error) {
    const message = `records of the format ${formatName(format)} do not fit the columns: ${messageOf(error)}`;
    throw new CommandError(message, null, { cause: error });
  }
}
