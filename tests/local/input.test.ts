import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { guessFormat, readEvents } from '../../local/input.ts';

const CLOUDTRAIL =
  '{"eventTime":"2023-07-10T11:42:18Z","eventSource":"s3","eventName":"ListBuckets"}';
const APACHE = '192.0.2.1 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/1.1" 200 1 "-" "-"';
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-input-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Buffer): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

async function texts(path: string, count: number | null = null): Promise<string[]> {
  const read: string[] = [];
  for await (const { data } of readEvents(path, count)) read.push(Buffer.from(data).toString());
  return read;
}

describe('input', () => {
  it('gives the lines of a file, of any line ending, without empty ones', async () => {
    const path = await file('lines', 'one\r\ntwo\n\n  \nthrée 🚲');
    expect(await texts(path)).toEqual(['one', 'two', 'thrée 🚲']);
    expect(await texts(path, 2)).toEqual(['one', 'two']);
  });

  it('gunzips by content, not by name; lines longer than a chunk stay whole', async () => {
    const lines = ['x'.repeat(300_000), 'é'.repeat(200_000)];
    const path = await file('no-gz-in-its-name', gzipSync(lines.join('\n')));
    expect(await texts(path)).toEqual(lines);
  });

  it('gives the same partition keys each time', async () => {
    const path = await file('keys', 'a\nb\n');
    const keys = async () => {
      const read: string[] = [];
      for await (const { partitionKey } of readEvents(path, null)) read.push(partitionKey);
      return read;
    };
    expect(await keys()).toEqual(await keys());
    expect(new Set(await keys()).size).toBe(2);
  });

  it('looks for a file where npm was called, not in the folder it changes to', async () => {
    await file('here', `${APACHE}\n`);
    vi.stubEnv('INIT_CWD', folder);
    expect(await guessFormat('here')).toBe('apache');
    vi.stubEnv('INIT_CWD', undefined);
    await expect(guessFormat('here')).rejects.toThrow('there is no file here');
    vi.unstubAllEnvs();
  });

  it.each([
    ['cloudtrail', CLOUDTRAIL],
    ['apache', APACHE],
    ['json', '{"sensor":1}'],
    ['json-array', ' [{"sensor":1},{"sensor":2}]'],
    [
      'dynamodb',
      '{"eventName":"INSERT","dynamodb":{"Keys":{"id":{"S":"a"}}},"eventSource":"aws:dynamodb"}',
    ],
    ['cloudwatch-logs', '{"messageType":"DATA_MESSAGE","owner":"1","logEvents":[]}'],
    ['syslog', '<34>1 2026-05-02T12:00:00Z host app - - - text'],
    ['syslog', 'May  2 12:00:00 host app[1]: text'],
    ['csv', '7,2026-05-02,"a, b"'],
  ])('guesses %s', async (format, line) => {
    expect(await guessFormat(await file('guess', `\n${line}\n`))).toBe(format);
  });

  it('says what is wrong with a file', async () => {
    await expect(guessFormat(join(folder, 'absent'))).rejects.toThrow(
      /^there is no file .*absent$/,
    );
    await expect(guessFormat(folder)).rejects.toThrow(/ is a folder; give one file$/);
    await expect(guessFormat(await file('empty', '\n'))).rejects.toThrow(/is empty$/);
    const damaged = gzipSync(`${CLOUDTRAIL}\n`.repeat(1_000)).subarray(0, 60);
    await expect(texts(await file('damaged', damaged))).rejects.toThrow(/cannot be read: /);
  });
});
