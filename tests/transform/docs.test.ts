import { readFileSync } from 'node:fs';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { createTransform } from '../../functions/transform/transform.ts';
import { transformer } from '../../shared/firehose/transformer.ts';
import { FORMAT_NAMES, type Format } from '../../shared/records/types.ts';
import { firehoseEvent, MINUTES, textsOf } from '../helpers/firehose.ts';

const root = new URL('../../', import.meta.url);
const read = (path: string) => readFileSync(new URL(path, root), 'utf8');
const page = read('docs/deliveries.md');
const examples = [...page.matchAll(/^### (\S+)\n.*?^```in\n(.*?)^```\n\n^```out\n(.*?)^```$/gms)];

beforeEach(() => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
});

describe('docs/deliveries.md', () => {
  it('has an example of each format', () => {
    expect(examples.map(([, name]) => name).toSorted()).toEqual([...FORMAT_NAMES].sort());
  });

  it.each(examples.map(([, name, given, text]) => [name!, given!, text!]))(
    '%s',
    async (name, given, text) => {
      const format = name === 'csv' ? { csv: { header: 'first-line' } } : name;
      const transform = createTransform({
        delivery: 'x',
        format: format as Format,
        compression: 'none',
        work: { kind: 'format' },
        partitionKeys: [],
        timestamps: 'iso',
      });
      const handler = transformer(transform, { keys: [], putBack: null });
      expect(textsOf(await handler(firehoseEvent([given.trimEnd()]), MINUTES))).toEqual([text]);
    },
  );

  it('shows the example transformer as it is', () => {
    expect(page).toContain(`\`\`\`ts\n${read('functions/example-transform/handler.ts')}\`\`\``);
  });

  it('names every reason to fail, and no other', () => {
    const listed = page.slice(page.indexOf('| reason |'), page.indexOf('**The response.**'));
    const told = [...listed.matchAll(/`([A-Z_0-9]{5,})`/g)].map(([, reason]) => reason!);
    const files = ['answer', 'clock', 'errors', 'output'].map((file) =>
      read(`shared/firehose/${file}.ts`),
    );
    const own = [...files, read('functions/transform/program.ts')].join('\n');
    const thrown = [...own.matchAll(/(?:TransformError\(|reason: )'([A-Z_]+)'/g)].map(
      ([, reason]) => reason!,
    );
    const ofRecords = [
      'BAD_BASE64',
      'BAD_ENCODING',
      'BAD_JSON',
      'BAD_FORMAT',
      'BAD_TYPE',
      'BAD_GZIP',
      'DAMAGED_AGGREGATE',
    ];
    expect(new Set(told)).toEqual(new Set([...thrown, ...ofRecords]));
  });
});
