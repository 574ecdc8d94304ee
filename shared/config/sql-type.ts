import { suggest } from '../sql/suggest.ts';
import type { SqlType, TypeName } from '../sql/types.ts';

interface TypeSpelling {
  readonly name: TypeName;
  /** What stands in the parentheses. */
  readonly takes?: 'length' | 'decimal';
  /** CHAR and BINARY alone mean a length of 1. */
  readonly bareLength?: number;
}

/** The types of dialect section 3 that a column of the source can have, by each way to write them. */
export const TYPE_SPELLINGS: Readonly<Record<string, TypeSpelling>> = {
  TINYINT: { name: 'TINYINT' },
  SMALLINT: { name: 'SMALLINT' },
  INTEGER: { name: 'INTEGER' },
  INT: { name: 'INTEGER' },
  BIGINT: { name: 'BIGINT' },
  DECIMAL: { name: 'DECIMAL', takes: 'decimal' },
  DEC: { name: 'DECIMAL', takes: 'decimal' },
  NUMERIC: { name: 'DECIMAL', takes: 'decimal' },
  REAL: { name: 'REAL' },
  DOUBLE: { name: 'DOUBLE' },
  'DOUBLE PRECISION': { name: 'DOUBLE' },
  FLOAT: { name: 'DOUBLE' },
  VARCHAR: { name: 'VARCHAR', takes: 'length' },
  'CHARACTER VARYING': { name: 'VARCHAR', takes: 'length' },
  'CHAR VARYING': { name: 'VARCHAR', takes: 'length' },
  CHAR: { name: 'CHAR', takes: 'length', bareLength: 1 },
  CHARACTER: { name: 'CHAR', takes: 'length', bareLength: 1 },
  BOOLEAN: { name: 'BOOLEAN' },
  BINARY: { name: 'BINARY', takes: 'length', bareLength: 1 },
  VARBINARY: { name: 'VARBINARY', takes: 'length' },
  'BINARY VARYING': { name: 'VARBINARY', takes: 'length' },
  DATE: { name: 'DATE' },
  TIME: { name: 'TIME' },
  TIMESTAMP: { name: 'TIMESTAMP' },
};

/** Dialect section 3. */
const MAX_PRECISION = 19;
const MAX_LENGTH = 65_535;

/** Reads a type as it is written in SQL, in any case; what is wrong comes back in words. */
export function parseSqlType(text: string): SqlType | { readonly wrong: string } {
  const match = /^([A-Za-z]+(?:\s+[A-Za-z]+)?)\s*(?:\(\s*(\d+)\s*(?:,\s*(\d+)\s*)?\))?$/.exec(
    text.trim(),
  );
  const word = match?.[1]?.toUpperCase().replace(/\s+/g, ' ');
  if (!match || !word || !Object.hasOwn(TYPE_SPELLINGS, word)) {
    const name = suggest(word ?? text.replace(/\(.*/, ''), Object.keys(TYPE_SPELLINGS));
    return { wrong: `"${text}" is no SQL type${name ? `; did you mean ${name}?` : ''}` };
  }
  const { name, takes, bareLength } = TYPE_SPELLINGS[word]!;
  const first = match[2] === undefined ? undefined : Number(match[2]);
  const second = match[3] === undefined ? undefined : Number(match[3]);

  if (takes === 'length') {
    const length = first ?? bareLength;
    if (length === undefined) return { wrong: `${word} needs a length, such as ${word}(64)` };
    if (second !== undefined) return { wrong: `${word} takes one length, such as ${word}(64)` };
    if (length < 1 || length > MAX_LENGTH) {
      return { wrong: `the length of ${word} has to be from 1 to ${MAX_LENGTH}` };
    }
    return { name, length };
  }
  if (takes === 'decimal') {
    if (first === undefined) return { name };
    if (first < 1 || first > MAX_PRECISION) {
      return { wrong: `the precision of ${word} has to be from 1 to ${MAX_PRECISION}` };
    }
    const scale = second ?? 0;
    if (scale > first) return { wrong: `the scale of ${text} is larger than its precision` };
    return { name, precision: first, scale };
  }
  if (first !== undefined) return { wrong: `${word} takes no length` };
  return { name };
}
