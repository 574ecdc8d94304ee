import { describe, expect, it } from 'vitest';
import { run } from './run.ts';

async function refused(...args: string[]): Promise<string> {
  const { code, out, err } = await run(args);
  expect({ code, out }).toEqual({ code: 2, out: '' });
  return err;
}

describe('usage', () => {
  it('help of the whole and of each command, on standard output', async () => {
    const whole = await run(['--help']);
    expect(whole.code).toBe(0);
    for (const command of ['check', 'query', 'explain', 'rebuild']) {
      expect(whole.out).toContain(`npx sluice ${command} `);
      const own = await run([command, '--help']);
      expect(own).toEqual({ ...(await run(['help', command])), code: 0, err: '' });
      expect(own.out).toContain(`npx sluice ${command} `);
      expect(own.out).toContain('Exit status');
    }
  });

  it('no command: the help, as an error', async () => {
    expect(await refused()).toBe((await run(['--help'])).out);
  });

  it.each([
    ['chekc', 'there is no command chekc', 'did you mean check?'],
    ['--versoin', 'there is no option --versoin', 'did you mean --version?'],
    ['query p.sql --imput x', 'there is no option --imput', 'did you mean --input?'],
    ['check a.sql --dialekt', 'there is no option --dialekt', 'did you mean --dialect?'],
    ['explain -x a.sql', 'there is no option -x', null],
    ['query p.sql --input', '--input needs a value', null],
    ['query p.sql --input --json', '--input needs a value', null],
    ['query p.sql --json=yes --input x', '--json takes no value', null],
    ['query p.sql --input a --input b', '--input is given twice', null],
    ['query p.sql', 'there is nothing to run the program over', '--input ROWS.ndjson'],
    ['query p.sql --input a --stream b', '--input and --stream both', 'give one of them'],
    ['query --input a', 'no program is named', 'npx sluice query --help'],
    ['explain a.sql b.sql', '"b.sql" is one word too many', 'npx sluice explain --help'],
    ['check', 'there is nothing to check', 'name SQL programs'],
    ['check cli', 'cli is a folder', 'name the files in it'],
    ['rebuild', 'no application is named', 'npx sluice rebuild --help'],
    ['rebuild a b', '"b" is one word too many', 'npx sluice rebuild --help'],
    ['rebuild a --abort --switch', '--abort gives a rebuild up', null],
    ['rebuild a --keep-old 2days', '--keep-old takes a duration', 'did you mean 2d?'],
    ['rebuild account-activty', 'streams.yml has no application', 'did you mean account-activity?'],
    ['rebuild account-activity --stage X', 'the stage "X" cannot be used', null],
    ['check a.sql --config none.yml', 'there is no file a.sql', null],
  ])('sluice %s', async (line, message, hint) => {
    const [first, second] = (await refused(...line.split(' '))).split('\n');
    expect(first).toContain(`error: ${message}`);
    if (hint === null) expect(second).toBe('');
    else expect(second).toContain(hint);
  });
});
