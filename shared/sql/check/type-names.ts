import type { TypeRef } from '../ast.ts';
import type { SqlType, TypeName } from '../types.ts';
import type { Context } from './context.ts';
import { MAX_PRECISION } from './type-rules.ts';

const MAX_FRACTION_DIGITS = 9;
const FIXED_LENGTH: readonly TypeName[] = ['CHAR', 'BINARY'];

const NAMES: Readonly<
  Record<string, { name: TypeName; args: 'none' | 'length' | 'digits' | 'fraction' }>
> = {
  TINYINT: { name: 'TINYINT', args: 'none' },
  SMALLINT: { name: 'SMALLINT', args: 'none' },
  INTEGER: { name: 'INTEGER', args: 'none' },
  INT: { name: 'INTEGER', args: 'none' },
  BIGINT: { name: 'BIGINT', args: 'none' },
  DECIMAL: { name: 'DECIMAL', args: 'digits' },
  DEC: { name: 'DECIMAL', args: 'digits' },
  NUMERIC: { name: 'DECIMAL', args: 'digits' },
  REAL: { name: 'REAL', args: 'none' },
  DOUBLE: { name: 'DOUBLE', args: 'none' },
  'DOUBLE PRECISION': { name: 'DOUBLE', args: 'none' },
  FLOAT: { name: 'DOUBLE', args: 'none' },
  VARCHAR: { name: 'VARCHAR', args: 'length' },
  'CHARACTER VARYING': { name: 'VARCHAR', args: 'length' },
  'CHAR VARYING': { name: 'VARCHAR', args: 'length' },
  CHAR: { name: 'CHAR', args: 'length' },
  CHARACTER: { name: 'CHAR', args: 'length' },
  BOOLEAN: { name: 'BOOLEAN', args: 'none' },
  BINARY: { name: 'BINARY', args: 'length' },
  VARBINARY: { name: 'VARBINARY', args: 'length' },
  'BINARY VARYING': { name: 'VARBINARY', args: 'length' },
  DATE: { name: 'DATE', args: 'none' },
  TIME: { name: 'TIME', args: 'fraction' },
  TIMESTAMP: { name: 'TIMESTAMP', args: 'fraction' },
};

/** The type that is written; null and UNKNOWN_TYPE where the dialect has none of that name and size. */
export function resolveType(ctx: Context, ref: TypeRef): SqlType | null {
  const known = Object.hasOwn(NAMES, ref.name) ? NAMES[ref.name] : undefined;
  const unknown = (message: string, hint?: string): null => {
    ctx.error('UNKNOWN_TYPE', ref.at, message, hint);
    return null;
  };
  if (known === undefined) {
    const hint = SIMILAR_TYPES[ref.name];
    return ref.name.startsWith('INTERVAL')
      ? unknown('an INTERVAL can stand in expressions only', 'keep milliseconds in a BIGINT')
      : unknown(`there is no type ${ref.name}`, hint && `the dialect's type is ${hint}`);
  }
  const [first, second] = ref.args;
  switch (known.args) {
    case 'none':
      return first === undefined ? { name: known.name } : unknown(`${ref.name} takes no size`);
    case 'fraction':
      return second === undefined && (first ?? 0) <= MAX_FRACTION_DIGITS
        ? { name: known.name }
        : unknown(`${ref.name} takes at most the number of its fraction's digits`);
    case 'length':
      if (second !== undefined || first === 0)
        return unknown(`${ref.name} takes one length from 1`);
      if (first !== undefined) return { name: known.name, length: first };
      return FIXED_LENGTH.includes(known.name)
        ? { name: known.name, length: 1 }
        : { name: known.name };
    case 'digits':
      if (first === undefined) return { name: 'DECIMAL', precision: MAX_PRECISION, scale: 0 };
      if (ref.args.length > 2 || first < 1 || first > MAX_PRECISION || (second ?? 0) > first) {
        return unknown(`${ref.name}(p, s) takes p from 1 to ${MAX_PRECISION} and s up to p`);
      }
      return { name: 'DECIMAL', precision: first, scale: second ?? 0 };
  }
}

const SIMILAR_TYPES: Readonly<Record<string, string>> = {
  STRING: 'VARCHAR(n)',
  TEXT: 'VARCHAR(n)',
  VARCHAR2: 'VARCHAR(n)',
  NVARCHAR: 'VARCHAR(n)',
  NUMBER: 'DECIMAL(p, s)',
  LONG: 'BIGINT',
  INT64: 'BIGINT',
  BOOL: 'BOOLEAN',
  DATETIME: 'TIMESTAMP',
  TIMESTAMPTZ: 'TIMESTAMP',
  BYTES: 'VARBINARY(n)',
  FLOAT64: 'DOUBLE',
};
