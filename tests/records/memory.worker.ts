import { parentPort } from 'node:worker_threads';
import { createDecoder } from '../../shared/records/format.ts';
import { type Format, RecordFault } from '../../shared/records/types.ts';
import { column } from './columns.ts';

/** Kinesis's largest record. */
const LARGEST = 10 * 2 ** 20;

/** `piece` as often as the largest record holds it. */
function filled(piece: string, before = '', after = ''): Buffer {
  const room = LARGEST - before.length - after.length;
  return Buffer.from(before + piece.repeat(Math.floor(room / piece.length)) + after);
}

const text = (path: string) => column('VARCHAR(65535)', path);
const wide = Array.from({ length: 1000 }, (_, i) => `c${i}`);
const CASES: readonly (readonly [Format, readonly ReturnType<typeof text>[], Buffer])[] = [
  ['json', [text('$.a')], filled('[', '{"a":')],
  ['json', [text('$.a')], filled('\\"', '{"a":"', '"}')],
  ['json', [text('$.a[0:].b')], filled('{},', '{"a":[', '{}]}')],
  ['json-array', [text('$.a')], filled('{"a":"b"},', '[', '{}]')],
  ['ndjson', [text('$.a')], filled('{"a":"some text"}\n')],
  ['cloudtrail', [text('$.a')], filled('{"eventVersion":"1"},', '{"Records":[', '{}]}')],
  [
    'dynamodb',
    [text('$.new')],
    filled('"a":{"N":"1"},', '{"eventName":"X","dynamodb":{"NewImage":{', '"b":{"N":"1"}}}}'),
  ],
  [
    'cloudwatch-logs',
    [text('$.message.a')],
    filled('{"message":"{\\"a\\":1}"},', '{"messageType":"DATA_MESSAGE","logEvents":[', '{}]}'),
  ],
  [
    'cloudwatch-logs',
    [text('$.message.a')],
    filled('\\"', '{"messageType":"DATA_MESSAGE","logEvents":[{"message":"', '"}]}'),
  ],
  [{ csv: { columns: ['a'] } }, [text('a')], filled('x\n')],
  [{ csv: { columns: wide } }, wide.map(text), filled(`${','.repeat(999)}\n`)],
  [{ csv: { columns: wide } }, wide.map(text), filled(`${'ab,'.repeat(999)}ab\n`)],
  [{ csv: { header: 'first-line' } }, [text('a')], filled(',')],
  [{ csv: { columns: ['a'] } }, [text('a')], filled('""', '"', '"')],
  ['apache', [text('host')], filled('h - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5\n')],
  [
    'apache',
    [text('agent')],
    filled('\\"', 'h - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 5 "" "', '"'),
  ],
  ['syslog', [text('data.a.b')], filled('\\"', '<1>1 - - - - - [a b="', '"]')],
  ['syslog', [text('message')], filled('<1>1 - - - - - - \n')],
  ['syslog', [text('data.a.b')], filled('[a b="c"]', '<1>1 - - - - - ')],
];

for (const [format, columns, record] of CASES) {
  let rows = 0;
  try {
    createDecoder(format, columns).decode(record, 0, record.length, () => rows++, 0);
  } catch (error) {
    if (!(error instanceof RecordFault)) throw error;
  }
  const { heapTotal, external } = process.memoryUsage();
  parentPort?.postMessage({ format, rows, mb: Math.round((heapTotal + external) / 2 ** 20) });
}
