import type { Row } from '../../sql/types.ts';
import type { Decoder } from '../format.ts';
import { gunzip, isGzip } from '../gunzip.ts';
import { addRow } from '../row-list.ts';
import { type MappedColumn, RecordFault, UnknownPlace } from '../types.ts';
import { ABSENT, ASCII, ESCAPED, OBJECT } from '../value.ts';
import type { Step } from './paths.ts';
import { scanObjects, scanRecord } from './record.ts';
import {
  jsonConvert,
  kindAt,
  listRows,
  nameOf,
  type RowMaker,
  rowMaker,
  stepsOf,
  unescapeJson,
} from './rows.ts';
import { newScan, type Scan, SPAN } from './scan.ts';
import { space } from './skip.ts';
import { type Place, wantedPlaces } from './wanted.ts';

/** The keys of an envelope, and of each of its events. */
const OF_ENVELOPE = [
  'logGroup',
  'logStream',
  'owner',
  'messageType',
  'subscriptionFilters',
  'policyLevel',
];
const OF_EVENT = ['timestamp', 'message', 'id', 'extractedFields'];

/**
 * What a subscription of CloudWatch Logs sends
 * (https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/SubscriptionFilters.html): gzipped JSON,
 * a row for each of its log events; a control message gives none. Columns name the keys of the
 * event ($.message) or of the envelope ($.logGroup); $.message.user.id reads into messages that are
 * JSON objects, and is NULL for others. Throws an Error for an unknown key.
 */
export function cloudWatchLogsDecoder(columns: readonly MappedColumn[]): Decoder {
  const steps = columns.map(stepsOf);
  const wanted = wantedPlaces([
    ...columns.map((column, i) => envelopeSteps(column, steps[i]!)),
    [{ key: 'messageType' }],
    [{ key: 'logEvents' }, 'each'],
    [{ key: 'logEvents' }, 'each', { key: 'message' }],
  ]);
  const [messageType, event, message] = wanted.places.slice(-3) as [Place, Place, Place];
  const isInside = steps.map(isInMessage);
  const converts = columns.map((column, i) =>
    isInside[i] ? () => null : jsonConvert(withUnit(column, steps[i]!)),
  );
  const rowOf = rowMaker(converts, wanted.places.slice(0, -3));
  const inside = messageReader(columns, steps, message);
  const eventRow: RowMaker = (scan, element) => {
    if (kindAt(scan, event, element) !== OBJECT) throw noLogs();
    const row = rowOf(scan, element);
    return inside === null ? row : inside(scan, element, row);
  };
  const scan = newScan(wanted);

  return {
    decode(buf, start, end, emit) {
      const rows: Row[] = [];
      const take = () => {
        const type = textAt(scan, messageType);
        if (type === 'CONTROL_MESSAGE') return;
        if (type !== 'DATA_MESSAGE' || kindAt(scan, wanted.list!, 0) === ABSENT) throw noLogs();
        for (const row of listRows(scan, wanted.list!, eventRow)) addRow(rows, row);
      };
      if (isGzip(buf, start, end)) {
        const text = gunzip(buf, start, end);
        scanObjects(scan, text, 0, text.length, take);
      } else scanObjects(scan, buf, start, end, take);
      for (const row of rows) emit(row);
    },
  };
}

function noLogs(): RecordFault {
  const what = 'no envelope of CloudWatch Logs: it lacks messageType or logEvents';
  return new RecordFault('BAD_FORMAT', what);
}

function envelopeSteps(column: MappedColumn, steps: readonly Step[]): readonly Step[] {
  const name = nameOf(steps[0]);
  if (OF_ENVELOPE.includes(name)) return steps;
  if (!OF_EVENT.includes(name)) {
    const known = [...OF_EVENT, ...OF_ENVELOPE];
    throw new UnknownPlace(column, 'an event of CloudWatch Logs', name, known);
  }
  const inEvent = name === 'message' ? steps.slice(0, 1) : steps;
  if (steps.includes('each')) {
    throw new Error(`column ${column.name}: the events give the rows; [0:] cannot give more`);
  }
  return [{ key: 'logEvents' }, 'each', ...inEvent];
}

function isInMessage([first, ...rest]: readonly Step[]): boolean {
  return nameOf(first) === 'message' && rest.length > 0;
}

/** The event's own time is a number of milliseconds. */
function withUnit(column: MappedColumn, [first]: readonly Step[]): MappedColumn {
  return nameOf(first) === 'timestamp' ? { unit: 'ms', ...column } : column;
}

type FillMessage = (scan: Scan, element: number, row: Row) => Row;

const SCRATCH = Buffer.allocUnsafeSlow(65_536);

/** Fills the columns that read into messages; null where there are none. */
function messageReader(
  columns: readonly MappedColumn[],
  steps: readonly (readonly Step[])[],
  message: Place,
): FillMessage | null {
  const slots = steps.flatMap((path, i) => (isInMessage(path) ? [i] : []));
  if (slots.length === 0) return null;
  const wanted = wantedPlaces(slots.map((i) => steps[i]!.slice(1)));
  const inner = newScan(wanted);
  const rowOf = rowMaker(
    slots.map((i) => jsonConvert(columns[i]!)),
    wanted.places,
  );
  return (scan, element, row) => {
    if (kindAt(scan, message, element) !== ESCAPED) return row; // no JSON object: it has no quote
    const { plain, perElement } = scan.wanted;
    const at = (plain + element * perElement + message.leaf) * SPAN;
    if (!isObject(inner, scan.all, scan.spans[at + 1]!, scan.spans[at + 2]!)) return row;
    const values = rowOf(inner, 0);
    for (let i = 0; i < slots.length; i++) row[slots[i]! + 1] = values[i + 1]!;
    return row;
  };
}

/** Scans the message in from … to; false where it is no JSON object, as a line of words is not. */
function isObject(inner: Scan, all: Buffer, from: number, to: number): boolean {
  let buf = to - from <= SCRATCH.length ? SCRATCH : Buffer.allocUnsafeSlow(to - from);
  let length = unescapeInto(buf, all, from, to);
  if (length < 0) {
    buf = Buffer.from(unescapeJson(all, from, to));
    length = buf.length;
  }
  if (buf[space(buf, 0, length)] !== 0x7b) return false;
  try {
    scanRecord(inner, buf, 0, length);
    return true;
  } catch (error) {
    if (error instanceof RecordFault) return false;
    throw error;
  }
}

/** What each escape of one letter stands for. */
const ESCAPES = new Uint8Array(256);
for (const [letter, meant] of ['""', '\\\\', '//', 'b\b', 'f\f', 'n\n', 'r\r', 't\t']) {
  ESCAPES[letter!.charCodeAt(0)] = meant!.charCodeAt(0);
}

/** The bytes of a JSON string without its escapes, and their number; -1 where there is a \\u. */
function unescapeInto(into: Buffer, all: Buffer, from: number, to: number): number {
  let length = 0;
  for (let i = from; i < to; i++) {
    let c = all[i]!;
    if (c === 0x5c) {
      i++;
      c = ESCAPES[all[i]!]!;
      if (c === 0) return -1;
    }
    into[length++] = c;
  }
  return length;
}

function textAt({ spans, all }: Scan, { leaf }: Place): string | null {
  const at = leaf * SPAN;
  return spans[at] === ASCII ? all.toString('latin1', spans[at + 1], spans[at + 2]) : null;
}
