import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkpointFile } from '../../../local/firehose/checkpoint-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'sluice-checkpoints-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('checkpointFile', () => {
  it('gives what was written last, and nothing before that', () => {
    const file = checkpointFile(join(folder, 'new', 'archive.json'));
    expect(file.read()).toEqual(new Map());
    for (const last of ['1', '2']) {
      file.write(new Map([['shardId-000000000000', last]]));
      expect(checkpointFile(join(folder, 'new', 'archive.json')).read()).toEqual(
        new Map([['shardId-000000000000', last]]),
      );
    }
    expect(readdirSync(join(folder, 'new'))).toEqual(['archive.json']);
  });

  it('does not begin anew where the file cannot be read', () => {
    writeFileSync(join(folder, 'broken.json'), '{"shardId');
    expect(() => checkpointFile(join(folder, 'broken.json')).read()).toThrow(SyntaxError);
  });
});
