import type { Column, SqlType, Value } from './types.ts';

/**
 * A checked program as plain data (JSON): what the functions run, what `sluice explain` prints.
 * Subqueries, CURSOR arguments and table functions are nodes of their own that write to
 * anonymous streams, so every node reads one stream and writes one stream.
 */
export interface Plan {
  readonly source: SourceStream;
  readonly streams: Readonly<Record<string, InAppStream>>;
  /** In topological order: a node stands behind all nodes that write what it reads. */
  readonly nodes: readonly Node[];
}

export interface SourceStream {
  readonly name: string;
  /** Only the columns that the program reads; `metadata` ones come from the record itself. */
  readonly columns: readonly SourceColumn[];
}

export interface SourceColumn extends Column {
  readonly metadata?: 'APPROXIMATE_ARRIVAL_TIME' | 'SHARD_ID' | 'PARTITION_KEY' | 'SEQUENCE_NUMBER';
}

export interface InAppStream {
  readonly name: string;
  readonly columns: readonly Column[];
  /** False for the anonymous streams of subqueries and table functions. */
  readonly declared: boolean;
}

export type Node = ProjectNode | AggregateNode | TopNode | DistinctNode;

interface NodeBase {
  /** Unique in the plan and stable while the program's other pumps change. */
  readonly id: string;
  /** The pump it came from, for error rows. */
  readonly pump: string;
  readonly from: string;
  readonly into: string;
  /** The row filter, over the input row. */
  readonly where: Expr | null;
}

/** Filter and projection, row by row. `select` gives one expression per column of `into`. */
export interface ProjectNode extends NodeBase {
  readonly kind: 'project';
  readonly select: readonly Expr[];
  readonly order: readonly Order[];
}

/**
 * Tumbling GROUP BY. `having`, `select` and `order` are over the group row:
 * slot 0 is the end of the ROWTIME bucket, then the groups, then the aggregates.
 */
export interface AggregateNode extends NodeBase {
  readonly kind: 'aggregate';
  readonly groups: readonly Group[];
  readonly aggregates: readonly Aggregate[];
  readonly having: Expr | null;
  readonly select: readonly Expr[];
  readonly order: readonly Order[];
}

/**
 * One GROUP BY expression over the input row.
 * - 'key': any value.
 * - 'arrival' (a bucket of ROWTIME) and 'event' (a bucket of another time): `expr` is the time
 *   that is bucketed, the group's value is the start of its bucket in milliseconds.
 * `keyed: false` marks an arrival bucket beside an event bucket that nothing looks at: late rows
 * then merge into the result they belong to.
 */
export interface Group {
  readonly role: 'key' | 'arrival' | 'event';
  readonly expr: Expr;
  readonly type: SqlType;
  readonly bucket?: Bucket;
  readonly keyed: boolean;
}

/** Buckets of `size` units counted from 1970-01-01: start included, end excluded. */
export interface Bucket {
  readonly unit: 'ms' | 'months';
  readonly size: number;
}

export interface Aggregate {
  readonly fn: 'count' | 'sum' | 'avg' | 'min' | 'max';
  /** null: COUNT(*). */
  readonly arg: Expr | null;
  readonly type: SqlType;
}

/** TOP_K_ITEMS_TUMBLING: writes columns ITEM, ITEM_COUNT, best first. */
export interface TopNode extends NodeBase {
  readonly kind: 'top';
  readonly item: Expr;
  readonly k: number;
  readonly seconds: number;
}

/** COUNT_DISTINCT_ITEMS_TUMBLING: writes column NUMBER_OF_DISTINCT_ITEMS. */
export interface DistinctNode extends NodeBase {
  readonly kind: 'distinct';
  readonly item: Expr;
  readonly seconds: number;
}

/** Over the same row as the node's `select`. */
export interface Order {
  readonly expr: Expr;
  readonly descending: boolean;
}

/** A typed expression over a row. Every name is resolved, every implicit conversion is a cast. */
export type Expr =
  | { readonly op: 'literal'; readonly type: SqlType; readonly value: Exclude<Value, bigint> }
  /** `index` is the slot in the row: 0 is ROWTIME, column i is i + 1. */
  | { readonly op: 'column'; readonly type: SqlType; readonly index: number }
  | { readonly op: 'cast'; readonly type: SqlType; readonly arg: Expr; readonly implicit: boolean }
  | {
      readonly op: 'case';
      readonly type: SqlType;
      readonly whens: readonly (readonly [Expr, Expr])[];
      readonly otherwise: Expr;
    }
  | {
      readonly op: 'call';
      readonly type: SqlType;
      readonly fn: Fn;
      readonly args: readonly Expr[];
    };

/**
 * Operators and scalar functions after resolution. A BIGINT literal beyond 2^53 is a 'literal' of
 * type BIGINT whose value is its decimal text.
 * Time arithmetic is resolved by type: t + INTERVAL of ms is 'addMs', of months 'addMonths'.
 */
export type Fn =
  | 'and'
  | 'or'
  | 'not'
  | '='
  | '<>'
  | '<'
  | '<='
  | '>'
  | '>='
  | 'between' // x, low, high
  | 'in' // x, v1, v2, …
  | 'isNull'
  | 'isTrue'
  | 'isFalse'
  | 'like' // x, pattern [, escape]
  | '+'
  | '-'
  | '*'
  | '/'
  | 'mod'
  | 'negate'
  | '||'
  | 'addMs' // time, milliseconds (negative to subtract)
  | 'addMonths' // time, months
  | 'bucketTime' // time, size (literal), unit (literal 'ms' | 'months'): start of the bucket; STEP and FLOOR on times
  | 'ceilTime' // as bucketTime: start of the next bucket unless at a start
  | 'stepWhole' // STEP(i BY n)
  | 'extract' // unit (literal), time
  | 'unixTimestamp'
  | 'toTimestamp'
  | 'tsdiff' // a - b in ms; also time - time as INTERVAL
  | 'charToTimestamp' // pattern, text
  | 'timestampToChar' // pattern, time
  | 'charToDate'
  | 'charToTime'
  | 'dateToChar'
  | 'timeToChar'
  | 'substring' // s, from [, for]: the FROM/FOR form
  | 'substringComma' // s, from [, for]: the comma form (differs past the end, dialect section 14)
  | 'substringRegex' // s, regex
  | 'position' // x, s
  | 'trim' // side (literal 'BOTH'|'LEADING'|'TRAILING'), chars, s
  | 'upper'
  | 'lower'
  | 'initcap'
  | 'charLength'
  | 'overlay' // s, replacement, from [, for]
  | 'abs'
  | 'ceil'
  | 'floor'
  | 'exp'
  | 'ln'
  | 'log10'
  | 'power'
  | 'sqrt'
  | 'coalesce'
  | 'nullif';
