import { readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { jsonSchema } from '../../shared/config/json-schema.ts';
import { STREAMS_FILE } from '../../shared/config/schema.ts';
import { parseStreams } from '../../shared/config/streams.ts';

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8');
const schema = jsonSchema(STREAMS_FILE, 'streams.yml');
const accepts = new Ajv({ allowUnionTypes: true }).compile(schema);

describe('streams.schema.json', () => {
  it('is current (write it anew with: npm exec node infra/write-schema.ts)', () => {
    expect(JSON.parse(read('streams.schema.json'))).toEqual(JSON.parse(JSON.stringify(schema)));
  });

  it('accepts the streams.yml of the root', () => {
    expect(accepts(parse(read('streams.yml'))), JSON.stringify(accepts.errors)).toBe(true);
  });
});

/** Single changes to a right file: the schema and the reader have to agree on each. */
const CHANGES: readonly (readonly [string, string])[] = [
  ['retention: 48h', 'retention: 48'],
  ['retention: 48h', 'retention: 48 h'],
  ['retention: 48h', 'retension: 48h'],
  ['retention: 48h', 'retention: 2d'],
  ['shards: 2', 'shards: 0'],
  ['shards: 2', 'producer: kpl'],
  ['shards: 2', 'arn: arn:aws:kinesis:eu-west-1:123456789012:stream/x'],
  ['shards: 2', 'arn: arn:aws:kinesis:eu-west-1:123456789012:stream/x\n    shards: 2'],
  ['format: json', 'format: xml'],
  ['format: json', 'format: ndjson'],
  ['format: json', 'format: csv'],
  ['format: json', 'format: { csv: { columns: [PAGE, X], delimiter: "\\t" } }'],
  ['format: json', 'format: { csv: { delimiter: "ab" } }'],
  ['format: json', 'format: { csv: { columns: [] } }'],
  ['format: json', 'format: { csv: { columns: PAGE } }'],
  ['format: json', 'format: { csv: { colums: [PAGE] } }'],
  ['format: json', 'format: { csv: {}, syslog: {} }'],
  ['format: json', 'format: { json: {} }'],
  ['format: json', 'format: {}'],
  ['format: json', 'format: [json]'],
  ['format: json', 'format: json\n    load: { records: 5, bytes: 100 }'],
  ['format: json', 'format: json\n    load: { records: 5 }'],
  ['format: json', 'format: json\n    load: { records: 0.5, bytes: 100 }'],
  ['PAGE: VARCHAR(8)', 'PAGE: varchar ( 8 )'],
  ['PAGE: VARCHAR(8)', 'PAGE: { type: DECIMAL(9, 2), path: $.x }'],
  ['PAGE: VARCHAR(8)', 'PAGE: STRING'],
  ['PAGE: VARCHAR(8)', 'PAGE: VARCHAR'],
  ['PAGE: VARCHAR(8)', 'PAGE: { path: $.x }'],
  ['format: json\napplications:', 'format: { syslog: { offset: CET } }\napplications:'],
  ['parallelization: 1', 'parallelization: 2'],
  ['parallelization: 1', 'lateness: unlimited'],
  ['parallelization: 1', 'lateness: forever'],
  ['parallelization: 1', 'batch: { size: 10001 }'],
  ['parallelization: 1', 'state: window'],
  ['parallelization: 1', 'state: { window: 5m }'],
  ['parallelization: 1', 'state: {}'],
  ['parallelization: 1', 'state: windows'],
  ['parallelization: 1', 'state: { window: 5 }'],
  ['parallelization: 1', 'state: { windows: 5m }'],
  ['table: results', 'table: results, spread: 16'],
  ['table: results', 'table: results, spread: 17'],
  ['table: results', 'stream: alerts'],
  ['HITS: { table: results }', '{}'],
  ['applications:', 'deliveries: {}\napplications:'],
];

describe('schema and reader agree', () => {
  const good = `streams:
  clicks:
    shards: 2
    retention: 48h
    format: json
applications:
  counts:
    stream: clicks
    sql: counts.sql
    schema:
      PAGE: VARCHAR(8)
    parallelization: 1
    outputs:
      HITS: { table: results }
`;
  it.each(CHANGES)('on %s -> %s', (piece, instead) => {
    expect(good).toContain(piece);
    const text = good.replace(piece, instead);
    const byReader = parseStreams(text).diagnostics.length === 0;
    // Ajv cannot see a key that stands twice; the reader can.
    expect(accepts(parse(text, { uniqueKeys: false }))).toBe(byReader);
  });

  it('on the unchanged file', () => {
    expect(accepts(parse(good))).toBe(true);
    expect(parseStreams(good).diagnostics).toEqual([]);
  });
});
