/**
 * SQL types and the JavaScript values that carry them.
 * - whole numbers (TINYINT … BIGINT): number while it is a safe integer, bigint beyond
 * - DECIMAL, REAL, DOUBLE: number; text: string; BOOLEAN: boolean
 * - TIMESTAMP, DATE, TIME: milliseconds since 1970 UTC; INTERVAL: milliseconds (or months, by unit)
 * - BINARY: hex text; NULL: null
 */
export type Value = number | bigint | string | boolean | null;

export type TypeName =
  | 'TINYINT'
  | 'SMALLINT'
  | 'INTEGER'
  | 'BIGINT'
  | 'DECIMAL'
  | 'REAL'
  | 'DOUBLE'
  | 'CHAR'
  | 'VARCHAR'
  | 'BOOLEAN'
  | 'BINARY'
  | 'VARBINARY'
  | 'DATE'
  | 'TIME'
  | 'TIMESTAMP'
  | 'INTERVAL'
  | 'NULL';

/** A type as plain data: it travels inside the plan as JSON. */
export interface SqlType {
  readonly name: TypeName;
  /** CHAR, VARCHAR, BINARY, VARBINARY: the longest text in characters. */
  readonly length?: number;
  /** DECIMAL(precision, scale). */
  readonly precision?: number;
  readonly scale?: number;
  /** INTERVAL: months for YEAR and MONTH intervals, milliseconds otherwise. */
  readonly unit?: 'ms' | 'months';
}

export interface Column {
  readonly name: string;
  readonly type: SqlType;
  readonly notNull?: boolean;
}

/** A row: slot 0 is ROWTIME (milliseconds), column i of its stream is slot i + 1. */
export type Row = Value[];
