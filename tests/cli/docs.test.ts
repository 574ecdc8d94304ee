import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { EXECUTABLE, folder } from './run.ts';

const page = readFileSync('docs/command-line.md', 'utf8');
/** `name`: and a block behind it is a file. */
const files = Object.fromEntries(
  [...page.matchAll(/`([\w.]+)`:\n\n```\w+\n([\s\S]*?)```/g)].map(([, name, text]) => [
    name!,
    text!,
  ]),
);
const sessions = [...page.matchAll(/```console\n([\s\S]*?)```/g)].map(([, text]) => text!);

/** Each command with all that it prints. */
function commandsOf(session: string): { command: string; output: string }[] {
  return session
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [command, ...output] = text.split('\n');
      return { command: command!, output: output.join('\n') };
    });
}

describe('docs/command-line.md', () => {
  it('has examples', () => {
    expect(Object.keys(files)).toEqual(['clicks.sql', 'clicks.ndjson']);
    expect(sessions.flatMap(commandsOf)).toHaveLength(7);
  });

  it('every example prints what the page says', () => {
    const cwd = folder(files);
    for (const { command, output } of sessions.flatMap(commandsOf)) {
      const line = command.replace(/^npx sluice/, '"$NODE" "$SLUICE"');
      const env = { ...process.env, NODE: process.execPath, SLUICE: EXECUTABLE };
      // The status is the command's own; here only what a person sees counts.
      const script = `${/2>/.test(line) ? line : `${line} 2>&1`}; true`;
      const printed = execFileSync('sh', ['-c', script], { cwd, env, encoding: 'utf8' });
      expect(withoutGeneration(printed), command).toBe(withoutGeneration(output));
    }
  });
});

/** A hash over the plan: it is another one as soon as the planner says the same in another way. */
function withoutGeneration(text: string): string {
  return text.replaceAll(/@[0-9a-f]{8}#/g, '@…#');
}
