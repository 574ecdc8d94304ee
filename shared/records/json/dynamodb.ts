import type { Bytes } from '../bytes.ts';
import { type Convert, cut } from '../convert.ts';
import type { Decoder } from '../format.ts';
import { type MappedColumn, RecordFault, UnknownPlace } from '../types.ts';
import { ABSENT, ARRAY, ASCII, OBJECT } from '../value.ts';
import { type Held, openAttribute, plainJson, plainMap } from './attribute-value.ts';
import type { Step } from './paths.ts';
import { scanRecord } from './record.ts';
import { jsonConvert, kindAt, listRows, nameOf, type RowMaker, rowMaker, stepsOf } from './rows.ts';
import { newScan, type Scan, SPAN } from './scan.ts';
import { type Place, wantedPlaces } from './wanted.ts';

/** What a path begins with: short names of ours, then the keys of the record as they are. */
const IMAGES: Readonly<Record<string, string>> = {
  keys: 'Keys',
  new: 'NewImage',
  old: 'OldImage',
};
/** An item has at most 400 KB, which its JSON writes in at most some ten times as many. */
const MOST_TEXT = 4 * 2 ** 20;
const TIME = 'ApproximateCreationDateTime';
const OTHERS: Readonly<Record<string, readonly Step[]>> = {
  time: [{ key: 'dynamodb' }, { key: TIME }],
  size: [{ key: 'dynamodb' }, { key: 'SizeBytes' }],
};
const KEYS = [
  'eventName',
  'eventID',
  'tableName',
  'awsRegion',
  'userIdentity',
  'eventSource',
  'recordFormat',
  'dynamodb',
];
const KNOWN = [...Object.keys(IMAGES), ...Object.keys(OTHERS), ...KEYS];

/**
 * Changes of a DynamoDB table, as it writes them to a Kinesis data stream, one a record and row
 * (https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/kds.html). `$.new.price` is the
 * attribute price of the new image without its type, `$.old.…` and `$.keys.…` likewise, `$.time`
 * when the change was made; other paths name the record's own keys. Throws an Error for others.
 */
export function dynamoDecoder(columns: readonly MappedColumn[]): Decoder {
  const sources = columns.map(sourceOf);
  const wanted = wantedPlaces([
    ...sources.map(({ steps }) => steps),
    [{ key: 'eventName' }],
    [{ key: 'dynamodb' }],
    [{ key: 'dynamodb' }, { key: `${TIME}Precision` }],
  ]);
  const [eventName, change, precision] = wanted.places.slice(-3) as [Place, Place, Place];
  const scan = newScan(wanted);
  const converts = columns.map((column, i) => convertOf(column, sources[i]!.is, scan, precision));
  const rowOf: RowMaker = rowMaker(converts, wanted.places.slice(0, -3));
  return {
    decode(buf, start, end, emit) {
      scanRecord(scan, buf, start, end);
      if (kindAt(scan, eventName, 0) === ABSENT || kindAt(scan, change, 0) !== OBJECT) {
        const what = 'no change of a DynamoDB table: it lacks eventName or dynamodb';
        throw new RecordFault('BAD_FORMAT', what);
      }
      const { list } = wanted;
      if (list === null) emit(rowOf(scan, 0));
      else for (const row of listRows(scan, list, rowOf)) emit(row);
    },
  };
}

type Kind = 'attribute' | 'item' | 'time' | 'plain';

interface Source {
  readonly steps: readonly Step[];
  readonly is: Kind;
}

function sourceOf(column: MappedColumn): Source {
  const [first, ...rest] = stepsOf(column);
  const name = nameOf(first);
  const image = Object.hasOwn(IMAGES, name) ? IMAGES[name]! : null;
  if (image !== null) {
    const steps = [{ key: 'dynamodb' }, { key: image }, ...typed(rest)];
    return { steps, is: rest.length === 0 ? 'item' : 'attribute' };
  }
  if (Object.hasOwn(OTHERS, name) && rest.length === 0) {
    return { steps: OTHERS[name]!, is: name === 'time' ? 'time' : 'plain' };
  }
  if (KEYS.includes(name)) return { steps: [first!, ...rest], is: 'plain' };
  throw new UnknownPlace(column, 'a change of a DynamoDB table', name, KNOWN);
}

/** A path through attribute values: between its steps stand the types M and L. */
function typed(steps: readonly Step[]): Step[] {
  return steps.flatMap((step, i) => {
    if (i === 0) return [step];
    return [{ key: step !== 'each' && 'key' in step ? 'M' : 'L' }, step];
  });
}

function convertOf(column: MappedColumn, is: Kind, scan: Scan, precision: Place): Convert {
  if (is === 'time' && column.type.name === 'TIMESTAMP') return timeOf(column, scan, precision);
  const convert = jsonConvert(column);
  if (is === 'plain' || is === 'time') return convert;
  const held: Held = { kind: ABSENT, from: 0, to: 0 };
  const { name, length = Number.POSITIVE_INFINITY } = column.type;
  const isText = name === 'VARCHAR' || name === 'CHAR';
  return (bytes, kind, from, to) => {
    if (kind === ABSENT) return convert(bytes, ABSENT, from, to);
    if (is === 'attribute') {
      openAttribute(scan, kind, from, to, held);
      if (held.kind !== OBJECT && held.kind !== ARRAY) {
        return convert(bytes, held.kind, held.from, held.to);
      }
    }
    const value = parsed(bytes, from, to);
    const text = is === 'item' ? plainMap(value) : plainJson(value);
    return isText ? cut(text, length) : convert(bytes, OBJECT, from, to);
  };
}

/** Maps, lists and sets are made as objects: those that an item can hold, and no larger ones. */
function parsed({ all }: Bytes, from: number, to: number): unknown {
  if (to - from <= MOST_TEXT) return JSON.parse(all.toString('utf8', from, to));
  throw new RecordFault('BAD_FORMAT', 'a value larger than any item of DynamoDB');
}

/** Milliseconds, unless the record says that they are microseconds. */
function timeOf(column: MappedColumn, scan: Scan, precision: Place): Convert {
  if (column.unit !== undefined) {
    throw new Error(`column ${column.name}: the record tells the unit of $.time; leave it out`);
  }
  const ms = jsonConvert({ ...column, unit: 'ms' });
  const us = jsonConvert({ ...column, unit: 'us' });
  return (bytes, kind, from, to) => {
    const { spans, all } = scan;
    const at = precision.leaf * SPAN;
    const isMicro =
      spans[at] === ASCII && all.toString('latin1', spans[at + 1], spans[at + 2]) === 'MICROSECOND';
    return (isMicro ? us : ms)(bytes, kind, from, to);
  };
}
