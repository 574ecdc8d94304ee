import { describe, expect, it } from 'vitest';
import { parseArguments } from '../../local/arguments.ts';

describe('arguments', () => {
  it('have defaults', () => {
    expect(parseArguments([])).toEqual({
      input: null,
      application: null,
      exit: false,
      events: null,
      rate: null,
      seed: 1,
      lateness: false,
      json: false,
      keepRunning: false,
      help: false,
    });
  });

  it('are read', () => {
    const line = '--application web-analytics --rate 2.5 --events=40 --seed 0 --exit --json';
    expect(parseArguments(line.split(' '))).toMatchObject({
      application: 'web-analytics',
      rate: 2.5,
      events: 40,
      seed: 0,
      exit: true,
      json: true,
    });
  });

  it('take --lateness with a file', () => {
    expect(parseArguments(['--input', 'a', '--lateness']).lateness).toBe(true);
  });

  it.each([
    ['--exti', 'there is no option --exti; did you mean --exit?'],
    ['--frobnicate', 'there is no option --frobnicate; --help lists them'],
    ['-x', 'there is no option -x; --help lists them'],
    [
      'events.ndjson',
      '"events.ndjson" is no option; a file to replay is given as --input events.ndjson',
    ],
    ['--input', '--input needs a value'],
    ['--input --exit', '--input needs a value'],
    ['--rate fast', '--rate needs a number of at least 0.01, not "fast"'],
    ['--rate 0', '--rate needs a number of at least 0.01, not "0"'],
    ['--rate=-5', '--rate needs a number of at least 0.01, not "-5"'],
    ['--seed 1.5', '--seed needs a whole number of at least 0, not "1.5"'],
    ['--events 1e9', '--events needs a whole number of at least 1, not "1e9"'],
    ['--exit=yes', '--exit takes no value'],
    ['--rate 1 --rate 2', '--rate is given twice'],
    ['--exit --keep-running', '--exit and --keep-running say opposite things: give one of them'],
    [
      '--lateness',
      '--lateness is for an --input: made-up events are always judged as streams.yml says',
    ],
    ['--input a --seed 2', '--seed is for made-up events: it says nothing about an --input'],
  ])('%s is refused', (line, message) => {
    expect(() => parseArguments(line.split(' '))).toThrow(message);
  });
});
