import { readFileSync } from 'node:fs';
import { expect, it, vi } from 'vitest';
import { firehoseEvent, MINUTES, textsOf } from '../helpers/firehose.ts';

const FILE = new URL('../../functions/example-transform/handler.ts', import.meta.url);

it('a transformer of ten lines keeps the contract', async () => {
  vi.spyOn(console, 'log').mockImplementation(() => {});
  vi.stubEnv('SLUICE_PARTITION_KEYS', 'status,date');
  const { handler } = await import('../../functions/example-transform/handler.ts');
  const line = (request: string, status: number) =>
    `192.0.2.1 - ann [02/May/2026:12:00:00 +0000] "${request}" ${status} 12 "-" "-"`;
  const event = firehoseEvent([
    line('GET /pricing HTTP/1.1', 200),
    line('GET /health HTTP/1.1', 200),
    Buffer.of(0xff),
    line('POST /cart HTTP/1.1', 503),
  ]);
  const response = await handler(event, MINUTES);
  expect(textsOf(response)).toEqual([
    '{"at":1777766398123,"page":"/pricing","status":200}\n',
    'Dropped',
    'ProcessingFailed',
    '{"at":1777766398126,"page":"/cart","status":503}\n',
  ]);
  expect(response.records[3]!.metadata?.partitionKeys).toEqual({
    status: '503',
    date: '2026-05-02',
  });
  const body = readFileSync(FILE, 'utf8')
    .split('\n')
    .filter((text) => text !== '' && !/^(import|\/\*\*)/.test(text));
  expect(body.length).toBeLessThan(10);
});
