import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect } from 'vitest';
import { CommandError } from '../../cli/errors.ts';
import { readLines } from '../../cli/lines.ts';
import { COMMENTED_CLICKS, run } from '../cli/run.ts';
import { bytes, damaged, jsonText } from './payloads.ts';
import { always } from './runs.ts';

const line = fc.oneof(bytes, damaged(jsonText(['page', 'ms', 'at', 'ROWTIME'])));
const file = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\n\n', '')), { maxLength: 8 })
  .map((lines) => Buffer.concat(lines.flatMap(([data, end]) => [data, Buffer.from(end)])));

/** The file in pieces, as a disk or a pipe gives it. */
function pieces(data: Buffer, size: number): Readable {
  const list: Buffer[] = [];
  for (let at = 0; at < data.length; at += size) list.push(data.subarray(at, at + size));
  return Readable.from(list);
}

async function read(input: Readable): Promise<{ lines: [number, string][] } | { error: string }> {
  const lines: [number, string][] = [];
  const quiet = { show: () => {}, clear: () => {} };
  try {
    for await (const { number, data } of readLines('-', input, quiet)) {
      lines.push([number, data.toString('latin1')]);
    }
    return { lines };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { error: error.message };
  }
}

/** Split all at once; a mark at the very beginning is none of the first line. */
function linesOf(data: Buffer): [number, string][] {
  const text = data.toString('latin1').replace(/^\xef\xbb\xbf/, '');
  return text
    .split('\n')
    .map((one, i): [number, string] => [i + 1, one])
    .filter(([, one]) => /[^ \t\r]/.test(one));
}

describe('the command line', () => {
  const folder = mkdtempSync(join(tmpdir(), 'sluice-fuzz-'));
  const program = join(folder, 'clicks.sql');
  writeFileSync(program, COMMENTED_CLICKS);
  afterAll(() => rmSync(folder, { recursive: true }));

  const size = fc.integer({ min: 2, max: 90 });
  always(
    'lines: all of a file, packed or not, whatever the pieces it comes in',
    fc.asyncProperty(file, size, fc.boolean(), async (data, piece, packed) => {
      const isGzip = data[0] === 0x1f && data[1] === 0x8b;
      fc.pre(!isGzip);
      const input = packed ? gzipSync(data) : data;
      expect(await read(pieces(input, piece))).toEqual({ lines: linesOf(data) });
    }),
  );

  always(
    'a packed file that was cut or changed: its lines, or an error for people',
    fc.asyncProperty(
      file,
      size,
      fc.nat(),
      fc.nat(255),
      fc.boolean(),
      async (data, piece, at, byte, cut) => {
        const sound = gzipSync(data);
        const place = 2 + (at % (sound.length - 2));
        const broken = cut ? sound.subarray(0, place) : sound.with(place, byte);
        const found = await read(pieces(Buffer.from(broken), piece));
        if ('error' in found) expect(found.error).toMatch(/^standard input cannot be read: /);
        // What is not covered by the checksum says nothing about the data.
        else expect(found.lines).toEqual(linesOf(data));
      },
    ),
  );

  always(
    'query: every line is a row or is told as bad; never a fault of sluice itself',
    fc.asyncProperty(file, async (data) => {
      const isGzip = data[0] === 0x1f && data[1] === 0x8b;
      fc.pre(!isGzip);
      const { code, out, err } = await run(['query', program, '--input', '-', '--json'], data);
      expect(err).not.toContain('fault of sluice');
      expect(code, err).toBe(0);
      for (const row of out.split('\n').filter((text) => text !== '')) JSON.parse(row);
    }),
  );
});
