import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { distinct } from '../../functions/redrive/gaps.ts';
import { findOnFailure, type GivenUp } from '../../shared/consume/on-failure.ts';
import { CommandError } from '../errors.ts';
import { unreadable } from '../files.ts';
import type { Io } from '../io.ts';
import { badPlace } from '../json-place.ts';
import { printable } from '../table.ts';

/** What a file holds, each with the name of its place; JSON lines are one for each line. */
type Parsed = readonly { readonly value: unknown; readonly at: string }[];

/** More than these are counted, not listed. */
const LISTED = 20;
const HINT = 'nothing was done; docs/faults.md says which forms are taken';

/**
 * The notes of batches that a mapping gave up, from files in any form in which a destination holds
 * them, `-` being standard input; each batch once, in the order of function, shard and range. Throws a
 * CommandError that lists all that is wrong.
 */
export async function readNotes(files: readonly string[], { stdin }: Io): Promise<GivenUp[]> {
  const wrong: string[] = [];
  const found: GivenUp[] = [];
  for (const file of new Set(files)) {
    const name = file === '-' ? 'standard input' : file;
    try {
      const text = String(file === '-' ? await buffer(stdin) : await readFile(file));
      const parsed = parse(text.replace(/^\uFEFF/, ''), name, wrong);
      const before = wrong.length;
      let count = 0;
      for (const { value, at } of parsed) {
        const notes = findOnFailure(contentOf(value, at, wrong), at);
        wrong.push(...notes.wrong);
        found.push(...notes.found);
        count += notes.found.length;
      }
      const isEmpty = count === 0 && parsed.length > 0 && wrong.length === before;
      if (isEmpty) wrong.push(`${name} holds no on-failure record`);
    } catch (error) {
      const { message, hint } = unreadable(name, error);
      wrong.push(hint === null ? message : `${message} (${hint})`);
    }
  }
  if (wrong.length === 0) return distinct(found).sort(inOrder);
  const more = wrong.length > LISTED ? [`… and ${wrong.length - LISTED} more`] : [];
  const lines = [...wrong.slice(0, LISTED), ...more].map((text) => `\n  ${printable(text)}`);
  throw new CommandError(`--on-failure cannot be read:${lines.join('')}`, HINT);
}

/** One JSON value, or one on each line. */
function parse(text: string, name: string, wrong: string[]): Parsed {
  if (text.trim() === '') {
    wrong.push(`${name} is empty`);
    return [];
  }
  const whole = parseOne(text);
  if (whole !== undefined) return [{ value: whole, at: name }];
  const lines = text.split('\n').map((line, i) => ({ line, number: i + 1 }));
  const filled = lines.filter(({ line }) => line.trim() !== '');
  const [first] = filled;
  if (filled.length === 1 || parseOne(first!.line) === undefined) {
    wrong.push(notJson(text, name, 1));
    return [];
  }
  return filled.flatMap(({ line, number }) => {
    const value = parseOne(line);
    if (value !== undefined) return [{ value, at: `${name}:${number}` }];
    wrong.push(notJson(line, name, number));
    return [];
  });
}

function parseOne(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function notJson(text: string, name: string, line: number): string {
  const place = badPlace(text);
  if (place === null) return `${name}:${line} is not JSON`;
  return `${name}:${line + place.line - 1}:${place.column} is not JSON: ${place.what}`;
}

/** An event of the function holds them too; what else it says is said by options here. */
function contentOf(value: unknown, at: string, wrong: string[]): unknown {
  if (!(value instanceof Object) || !Object.hasOwn(value, 'onFailure')) return value;
  const { onFailure, application: _, ...others } = value as Readonly<Record<string, unknown>>;
  const keys = Object.keys(others);
  if (keys.length > 0) {
    const instead = '--apply and --never-delivered say that here';
    wrong.push(`${at} has ${keys.join(', ')} beside onFailure: ${instead}`);
  }
  return onFailure;
}

function inOrder(a: GivenUp, b: GivenUp): number {
  for (const key of ['functionArn', 'shardId'] as const) {
    if (a[key] !== b[key]) return a[key] < b[key] ? -1 : 1;
  }
  const distance = BigInt(a.first) - BigInt(b.first);
  return distance === 0n ? 0 : distance < 0n ? -1 : 1;
}
