import type { Fn } from '../plan.ts';
import type { SqlType } from '../types.ts';
import { arithmeticType, isWhole, type Kind, unify } from './type-rules.ts';
import { BIGINT, DOUBLE, INTEGER, TIMESTAMP, VARCHAR } from './typed.ts';

/** What a parameter takes: a kind of value, whole numbers only, any time, or anything. */
export type Parameter = Kind | 'whole' | 'moment' | 'any';

export interface Signature {
  /** Null: valid, not built. */
  readonly fn: Fn | null;
  readonly params: readonly Parameter[];
  /** How many of them can be left out, from the last one. */
  readonly optional?: number;
  /** The last parameter may be repeated. */
  readonly repeated?: true;
  /** The arguments take part in one comparison or choice: they must be of one kind. */
  readonly alike?: true;
  readonly returns: SqlType | ((args: readonly SqlType[]) => SqlType);
  /** The result has fields. */
  readonly record?: true;
}

const first = (args: readonly SqlType[]): SqlType => args[0]!;
const wholeOrDouble = (args: readonly SqlType[]): SqlType =>
  args.every((type) => isWhole(type) || type.name === 'DECIMAL')
    ? roundedType(first(args))
    : DOUBLE;
const roundedType = (type: SqlType): SqlType => (isWhole(type) ? type : { name: 'DECIMAL' });
const text = ([s]: readonly SqlType[]): SqlType => sized(s?.length);
const DATE: SqlType = { name: 'DATE' };
const TIME: SqlType = { name: 'TIME' };
const PARSED = { params: ['text', 'text'], returns: VARCHAR, record: true, fn: null } as const;

/** The scalar functions of dialect section 8 that are written name(arguments). */
export const FUNCTIONS: Readonly<Record<string, Signature>> = {
  UNIX_TIMESTAMP: { fn: 'unixTimestamp', params: ['timestamp'], returns: BIGINT },
  TO_TIMESTAMP: { fn: 'toTimestamp', params: ['number'], returns: TIMESTAMP },
  TSDIFF: { fn: 'tsdiff', params: ['timestamp', 'timestamp'], returns: BIGINT },
  CHAR_TO_TIMESTAMP: { fn: 'charToTimestamp', params: ['text', 'text'], returns: TIMESTAMP },
  TIMESTAMP_TO_CHAR: { fn: 'timestampToChar', params: ['text', 'timestamp'], returns: VARCHAR },
  CHAR_TO_DATE: { fn: 'charToDate', params: ['text', 'text'], returns: DATE },
  CHAR_TO_TIME: { fn: 'charToTime', params: ['text', 'text'], returns: TIME },
  DATE_TO_CHAR: { fn: 'dateToChar', params: ['text', 'date'], returns: VARCHAR },
  TIME_TO_CHAR: { fn: 'timeToChar', params: ['text', 'time'], returns: VARCHAR },
  SUBSTRING: {
    fn: 'substringComma',
    params: ['text', 'number', 'number'],
    optional: 1,
    returns: text,
  },
  UPPER: { fn: 'upper', params: ['text'], returns: text },
  LOWER: { fn: 'lower', params: ['text'], returns: text },
  INITCAP: { fn: 'initcap', params: ['text'], returns: text },
  CHAR_LENGTH: { fn: 'charLength', params: ['text'], returns: INTEGER },
  CHARACTER_LENGTH: { fn: 'charLength', params: ['text'], returns: INTEGER },
  ABS: { fn: 'abs', params: ['number'], returns: first },
  CEIL: { fn: 'ceil', params: ['number'], returns: wholeOrDouble },
  CEILING: { fn: 'ceil', params: ['number'], returns: wholeOrDouble },
  FLOOR: { fn: 'floor', params: ['number'], returns: wholeOrDouble },
  EXP: { fn: 'exp', params: ['number'], returns: DOUBLE },
  LN: { fn: 'ln', params: ['number'], returns: DOUBLE },
  LOG10: { fn: 'log10', params: ['number'], returns: DOUBLE },
  MOD: {
    fn: 'mod',
    params: ['number', 'number'],
    returns: ([a, b]) => arithmeticType(a!, b!),
  },
  POWER: { fn: 'power', params: ['number', 'number'], returns: DOUBLE },
  SQRT: { fn: 'sqrt', params: ['number'], returns: DOUBLE },
  COALESCE: {
    fn: 'coalesce',
    params: ['any'],
    repeated: true,
    alike: true,
    returns: (args) => args.reduce((a, b) => unify(a, b) ?? a),
  },
  NULLIF: { fn: 'nullif', params: ['any', 'any'], alike: true, returns: first },
  REGEX_REPLACE: {
    fn: null,
    params: ['text', 'text', 'text', 'number', 'number'],
    returns: VARCHAR,
  },
  REGEX_LOG_PARSE: PARSED,
  FAST_REGEX_LOG_PARSE: PARSED,
  W3C_LOG_PARSE: PARSED,
  SYS_LOG_PARSE: { ...PARSED, params: ['text'] },
  VARIABLE_COLUMN_LOG_PARSE: {
    ...PARSED,
    params: ['text', 'text', 'text', 'text', 'text'],
    optional: 2,
  },
  FIXED_COLUMN_LOG_PARSE: PARSED,
};

/** The forms with keywords between their arguments. */
export const KEYWORD_FUNCTIONS: Readonly<Record<string, Signature>> = {
  substring: { fn: 'substring', params: ['text', 'number', 'number'], optional: 1, returns: text },
  substringRegex: { fn: 'substringRegex', params: ['text', 'text'], returns: text },
  substringSimilar: { fn: null, params: ['text', 'text', 'text'], returns: text },
  position: { fn: 'position', params: ['text', 'text'], returns: INTEGER },
  trim: { fn: 'trim', params: ['text', 'text', 'text'], returns: ([, , s]) => sized(s?.length) },
  overlay: {
    fn: 'overlay',
    params: ['text', 'text', 'number', 'number'],
    optional: 1,
    returns: ([s, r]) => sized(added(s?.length, r?.length)),
  },
};

export function sized(length: number | undefined): SqlType {
  return length === undefined ? VARCHAR : { name: 'VARCHAR', length };
}

export function added(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined ? undefined : a + b;
}

export interface AggregateSignature {
  /** Null: valid, not built. */
  readonly fn: 'count' | 'sum' | 'avg' | 'min' | 'max' | null;
  readonly params: readonly Parameter[];
  readonly optional?: number;
  /** Needs OVER. */
  readonly analytic?: true;
  readonly returns: SqlType | ((args: readonly SqlType[]) => SqlType);
}

const SPREAD = { fn: null, params: ['number'], returns: DOUBLE } as const;
const FIRST_OR_LAST = { fn: null, params: ['any'], returns: first } as const;

/** Aggregates and analytic functions (dialect section 6). */
export const AGGREGATES: Readonly<Record<string, AggregateSignature>> = {
  COUNT: { fn: 'count', params: ['any'], returns: BIGINT },
  SUM: { fn: 'sum', params: ['number'], returns: ([x]) => sumType(x!) },
  AVG: { fn: 'avg', params: ['number'], returns: ([x]) => averageType(x!) },
  MIN: { fn: 'min', params: ['any'], returns: first },
  MAX: { fn: 'max', params: ['any'], returns: first },
  FIRST_VALUE: FIRST_OR_LAST,
  LAST_VALUE: FIRST_OR_LAST,
  LAG: { fn: null, params: ['any', 'number', 'any'], optional: 2, analytic: true, returns: first },
  NTH_VALUE: { fn: null, params: ['any', 'number'], analytic: true, returns: first },
  EXP_AVG: { fn: null, params: ['number', 'any'], analytic: true, returns: DOUBLE },
  STDDEV_POP: SPREAD,
  STDDEV_SAMP: SPREAD,
  VAR_POP: SPREAD,
  VAR_SAMP: SPREAD,
};

function sumType(x: SqlType): SqlType {
  if (x.name === 'DECIMAL') return { name: 'DECIMAL' };
  return isWhole(x) || x.name === 'NULL' ? BIGINT : DOUBLE;
}

function averageType(x: SqlType): SqlType {
  if (x.name === 'DECIMAL') return { name: 'DECIMAL' };
  if (x.name === 'NULL') return BIGINT;
  return isWhole(x) ? x : DOUBLE;
}

export interface TableFunctionSignature {
  readonly built: boolean;
  /** Behind the cursor. */
  readonly params: readonly TableParameter[];
  readonly optional: number;
}

export type TableParameter =
  | { readonly is: 'column' | 'boolean' | 'name' | 'order' }
  | { readonly is: 'whole' | 'number'; readonly min: number; readonly max: number };

const FOREST: readonly TableParameter[] = [
  { is: 'whole', min: 1, max: 1000 },
  { is: 'whole', min: 10, max: 1000 },
  { is: 'whole', min: 1, max: 2 ** 31 - 1 },
  { is: 'whole', min: 1, max: 30 },
];
const WINDOW_SECONDS: TableParameter = { is: 'whole', min: 1, max: 3600 };
const COUNT_OF_ROWS = { is: 'whole', min: 1, max: 2 ** 31 - 1 } as const;

/** Table functions with the limits of dialect section 7 (SR: the page of each function). */
export const TABLE_FUNCTIONS: Readonly<Record<string, TableFunctionSignature>> = {
  RANDOM_CUT_FOREST: { built: false, params: FOREST, optional: 4 },
  RANDOM_CUT_FOREST_WITH_EXPLANATION: {
    built: false,
    params: [...FOREST, { is: 'boolean' }],
    optional: 5,
  },
  TOP_K_ITEMS_TUMBLING: {
    built: true,
    params: [{ is: 'column' }, { is: 'whole', min: 1, max: 100_000 }, WINDOW_SECONDS],
    optional: 0,
  },
  COUNT_DISTINCT_ITEMS_TUMBLING: {
    built: true,
    params: [{ is: 'column' }, WINDOW_SECONDS],
    optional: 0,
  },
  HOTSPOTS: {
    built: false,
    params: [
      { is: 'whole', min: 100, max: 1000 },
      { is: 'number', min: 0, max: Number.MAX_VALUE },
      COUNT_OF_ROWS,
    ],
    optional: 0,
  },
  GROUP_RANK: {
    built: false,
    params: [
      { is: 'column' },
      { is: 'name' },
      { is: 'order' },
      { is: 'order' },
      { is: 'whole', min: 0, max: 2 ** 31 - 1 },
      COUNT_OF_ROWS,
    ],
    optional: 0,
  },
};

/** Functions of other dialects, and what this one has for them. */
export const ELSEWHERE: Readonly<Record<string, string>> = {
  TUMBLE: "group by STEP(stream.ROWTIME BY INTERVAL '1' MINUTE)",
  HOP: "use a sliding window: … OVER (RANGE INTERVAL '1' MINUTE PRECEDING)",
  SESSION: 'use WINDOWED BY STAGGER (PARTITION BY … RANGE INTERVAL …)',
  DATE_TRUNC: 'use FLOOR(time TO MINUTE)',
  TIME_BUCKET: "use STEP(time BY INTERVAL '1' MINUTE)",
  NOW: 'use CURRENT_ROW_TIMESTAMP',
  GETDATE: 'use CURRENT_ROW_TIMESTAMP',
  LENGTH: 'use CHAR_LENGTH(text)',
  LEN: 'use CHAR_LENGTH(text)',
  CONCAT: 'use a || b',
  SUBSTR: 'use SUBSTRING(text, from, length)',
  IFNULL: 'use COALESCE(a, b)',
  NVL: 'use COALESCE(a, b)',
  ISNULL: 'use a IS NULL',
  IF: 'use CASE WHEN … THEN … ELSE … END',
  TO_CHAR: 'use TIMESTAMP_TO_CHAR(pattern, time), or CAST',
  TO_DATE: 'use CHAR_TO_DATE(pattern, text)',
  DATEDIFF: 'use TSDIFF(later, earlier), which is in milliseconds',
  TIMESTAMPDIFF: 'use TSDIFF(later, earlier), which is in milliseconds',
  APPROX_COUNT_DISTINCT: 'use TABLE(COUNT_DISTINCT_ITEMS_TUMBLING(CURSOR(…), column, seconds))',
  LOG: 'use LN or LOG10',
  POW: 'use POWER',
  STDDEV: 'use STDDEV_POP or STDDEV_SAMP',
  VARIANCE: 'use VAR_POP or VAR_SAMP',
};
