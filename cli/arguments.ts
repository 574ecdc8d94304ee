import { parseArgs } from 'node:util';
import { suggest } from '../shared/sql/suggest.ts';
import { CommandError } from './errors.ts';
import { PROGRAMS, requireKind } from './files.ts';

export type Options = Readonly<
  Record<
    string,
    {
      readonly type: 'string' | 'boolean';
      readonly short?: string;
      /** It may be given several times. */
      readonly multiple?: true;
    }
  >
>;

/**
 * Reads a command's options and the rest of its words. Unknown options, options given twice and
 * missing values throw a CommandError that says what was meant.
 */
export function readArguments<const O extends Options>(args: readonly string[], options: O) {
  const { tokens } = parseArgs({
    args: [...args],
    options,
    strict: false,
    tokens: true,
    allowPositionals: true,
  });
  const seen = new Set<string>();
  for (const token of tokens) {
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const option = Object.hasOwn(options, name) ? options[name] : undefined;
    if (option === undefined) throw unknownOption(rawName, Object.keys(options));
    if (seen.has(name) && !option.multiple) throw new CommandError(`${rawName} is given twice`);
    seen.add(name);
    if (option.type === 'boolean' && value !== undefined) {
      throw new CommandError(`${rawName} takes no value`);
    }
    const isMissing = value === undefined || value === '' || (!inlineValue && /^-./.test(value));
    if (option.type === 'string' && isMissing) throw new CommandError(`${rawName} needs a value`);
  }
  return parseArgs({ args: [...args], options, strict: true, allowPositionals: true });
}

function unknownOption(written: string, known: readonly string[]): CommandError {
  const near = suggest(written.replace(/^-+/, ''), known);
  const hint = near === null ? null : `did you mean --${near}?`;
  return new CommandError(`there is no option ${written}`, hint);
}

/** The one file that a command is about. */
export function onlyFile(positionals: readonly string[], command: string): string {
  const [file, second] = positionals;
  const hint = `npx sluice ${command} --help shows examples`;
  if (file === undefined) throw new CommandError('no program is named', hint);
  if (second !== undefined) {
    throw new CommandError(`"${second}" is one word too many: ${command} takes one program`, hint);
  }
  requireKind(file, [PROGRAMS], `${command} takes one .sql file`);
  return file;
}
