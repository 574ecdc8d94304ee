import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { parseStreams } from '../../shared/config/streams.ts';
import { withCsvColumns } from '../../shared/records/csv.ts';
import { createDecoder } from '../../shared/records/format.ts';
import { FORMAT_NAMES } from '../../shared/records/types.ts';
import { timestampText } from '../../shared/sql/run/iso-time.ts';
import type { Row } from '../../shared/sql/types.ts';

const page = readFileSync(new URL('../../docs/formats.md', import.meta.url), 'utf8');

/** A section's blocks: a record, what streams.yml says, the rows. */
const examples = page
  .split(/^## /m)
  .slice(1)
  .flatMap((section) => {
    const name = section.split('\n', 1)[0]!;
    const blocks = [...section.matchAll(/^```(\w+)\n(.*?)^```$/gms)].map(([, , text]) => text!);
    return Array.from({ length: blocks.length / 3 }, (_, i) => {
      const [record, written, rows] = blocks.slice(i * 3, i * 3 + 3) as [string, string, string];
      return { name, record, written, rows };
    });
  });

/** A streams.yml with the two pieces in their places. */
function fileOf(written: string): string {
  const [format = '', ...schema] = written.trimEnd().split('\n');
  const indented = schema.map((line) => `    ${line}`).join('\n');
  return `streams:
  things: { shards: 1, ${format} }
applications:
  app:
    stream: things
    sql: app.sql
${indented}
    outputs:
      OUT: { table: results }
`;
}

describe('docs/formats.md', () => {
  it('shows every format', () => {
    expect([...new Set(examples.map(({ name }) => name))]).toEqual([...FORMAT_NAMES]);
    for (const name of FORMAT_NAMES) expect(page).toContain(`| [\`${name}\`](#${name}) |`);
  });

  it.each(examples)('$name: the record gives the rows', ({ record, written, rows }) => {
    const { config, diagnostics } = parseStreams(fileOf(written));
    expect(diagnostics).toEqual([]);
    const { columns } = config!.applications.app!;
    const format = withCsvColumns(
      config!.streams.things!.format,
      columns.map(({ name }) => name),
    );
    const data = format === 'cloudwatch-logs' ? gzipSync(record) : Buffer.from(record);
    const got: Row[] = [];
    const arrival = Date.UTC(2026, 4, 2, 12, 1);
    createDecoder(format, columns).decode(data, 0, data.length, (row) => got.push(row), arrival);
    const shown = got.map((row) =>
      Object.fromEntries(
        columns.map(({ name, type }, i) => {
          const value = row[i + 1]!;
          const isTime = type.name === 'TIMESTAMP' && value !== null;
          return [name, isTime ? timestampText(value as number) : value];
        }),
      ),
    );
    expect(shown).toEqual(
      rows
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    );
  });
});
