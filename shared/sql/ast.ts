/**
 * The syntax tree: what was written, nothing resolved. `at` is an offset into the program's text
 * (the first character of the token that errors about this node point at).
 */
export interface Name {
  /** As stored: quoted names exact, unquoted ones in upper case. */
  readonly text: string;
  readonly quoted: boolean;
  readonly at: number;
}

export type Statement = CreateStream | CreatePump;

export interface CreateStream {
  readonly kind: 'createStream';
  readonly at: number;
  readonly replace: boolean;
  readonly name: Name;
  readonly columns: readonly ColumnDef[];
}

export interface ColumnDef {
  readonly name: Name;
  readonly type: TypeRef;
  readonly notNull: boolean;
}

/** `name` in upper case, one space between words ('DOUBLE PRECISION', 'CHARACTER VARYING'). */
export interface TypeRef {
  readonly name: string;
  readonly args: readonly number[];
  readonly at: number;
}

export interface CreatePump {
  readonly kind: 'createPump';
  readonly at: number;
  readonly replace: boolean;
  readonly stopped: boolean;
  readonly name: Name;
  readonly target: Name;
  readonly columns: readonly Name[] | null;
  readonly query: Query;
}

/** More than one select: UNION ALL. */
export interface Query {
  readonly selects: readonly Select[];
  readonly order: OrderBy | null;
}

export interface Select {
  /** The SELECT token. */
  readonly at: number;
  readonly distinct: boolean;
  readonly items: readonly Item[];
  readonly from: From;
  readonly where: Expr | null;
  readonly group: { readonly at: number; readonly exprs: readonly Expr[] } | null;
  readonly stagger: {
    readonly at: number;
    readonly partition: readonly Expr[];
    readonly range: Interval;
  } | null;
  readonly having: Expr | null;
  readonly windows: readonly { readonly name: Name; readonly spec: WindowSpec }[];
}

export type Item =
  | { readonly kind: 'star'; readonly qualifier: Name | null; readonly at: number }
  | { readonly kind: 'expr'; readonly expr: Expr; readonly alias: Name | null };

export type From =
  | {
      readonly kind: 'stream';
      readonly name: Name;
      readonly over: WindowSpec | Name | null;
      readonly alias: Alias | null;
    }
  | {
      readonly kind: 'query';
      readonly at: number;
      readonly query: Query;
      readonly alias: Alias | null;
    }
  /** TABLE(function(CURSOR(…), …)) */
  | {
      readonly kind: 'table';
      readonly at: number;
      readonly call: Call;
      readonly alias: Alias | null;
    }
  | {
      readonly kind: 'join';
      readonly at: number;
      readonly join: 'inner' | 'left' | 'right' | 'full' | 'cross';
      readonly left: From;
      readonly right: From;
      readonly on: Expr | null;
    };

export interface Alias {
  readonly name: Name;
  readonly columns: readonly Name[] | null;
}

export interface OrderBy {
  readonly at: number;
  readonly items: readonly { readonly expr: Expr; readonly descending: boolean }[];
}

export interface WindowSpec {
  /** The opening parenthesis. */
  readonly at: number;
  readonly partition: readonly Expr[] | null;
  readonly orderAt: number | null;
  readonly frame: Frame | null;
}

export interface Frame {
  readonly at: number;
  readonly mode: 'range' | 'rows';
  /** The start bound; 'unbounded' or FOLLOWING anywhere is refused by the check. */
  readonly preceding: Interval | number | 'unbounded' | 'current';
  readonly following: boolean;
}

export type Unit = 'YEAR' | 'MONTH' | 'DAY' | 'HOUR' | 'MINUTE' | 'SECOND';

export interface Interval {
  readonly kind: 'interval';
  readonly at: number;
  readonly text: string;
  readonly from: Unit;
  readonly to: Unit | null;
}

export interface Call {
  readonly kind: 'call';
  readonly at: number;
  readonly name: Name;
  readonly distinct: boolean;
  /** f(*) */
  readonly star: boolean;
  readonly args: readonly Expr[];
  readonly nulls: 'ignore' | 'respect' | null;
  readonly over: WindowSpec | Name | null;
}

export type Expr =
  /** `text` as written, without quotes for text; timestamps, dates and times unparsed. */
  | {
      readonly kind: 'literal';
      readonly at: number;
      readonly type: 'number' | 'text' | 'boolean' | 'null' | 'timestamp' | 'date' | 'time';
      readonly text: string;
    }
  | Interval
  /** a, a.b, a.b.c: column, alias.column, alias.record.field, ROWTIME, CURRENT_TIMESTAMP … */
  | { readonly kind: 'name'; readonly at: number; readonly parts: readonly Name[] }
  | {
      readonly kind: 'unary';
      readonly at: number;
      readonly op: '-' | '+' | 'not';
      readonly arg: Expr;
    }
  | {
      readonly kind: 'binary';
      /** The first character of the left operand. */
      readonly at: number;
      readonly op:
        | 'and'
        | 'or'
        | '='
        | '<>'
        | '<'
        | '<='
        | '>'
        | '>='
        | '+'
        | '-'
        | '*'
        | '/'
        | '||';
      readonly left: Expr;
      readonly right: Expr;
    }
  | {
      readonly kind: 'is';
      readonly at: number;
      readonly not: boolean;
      readonly what: 'null' | 'true' | 'false' | 'unknown';
      readonly arg: Expr;
    }
  | {
      readonly kind: 'like' | 'similar';
      readonly at: number;
      readonly not: boolean;
      readonly arg: Expr;
      readonly pattern: Expr;
      readonly escape: Expr | null;
    }
  | {
      readonly kind: 'between';
      readonly at: number;
      readonly not: boolean;
      readonly arg: Expr;
      readonly low: Expr;
      readonly high: Expr;
    }
  | {
      readonly kind: 'in';
      readonly at: number;
      readonly not: boolean;
      readonly arg: Expr;
      readonly list: readonly Expr[];
    }
  | {
      readonly kind: 'case';
      readonly at: number;
      readonly base: Expr | null;
      readonly whens: readonly (readonly [Expr, Expr])[];
      readonly otherwise: Expr | null;
    }
  | { readonly kind: 'cast'; readonly at: number; readonly arg: Expr; readonly type: TypeRef }
  /** STEP(x BY interval | n), FLOOR(x TO unit), CEIL(x TO unit). */
  | {
      readonly kind: 'bucket';
      readonly at: number;
      readonly fn: 'step' | 'floor' | 'ceil';
      readonly arg: Expr;
      readonly by: Expr | null;
      readonly unit: Unit | null;
    }
  /** (a - b) unit [TO unit]: an interval expression in a unit. */
  | {
      readonly kind: 'inUnit';
      readonly at: number;
      readonly arg: Expr;
      readonly unit: Unit;
      readonly to: Unit | null;
    }
  | { readonly kind: 'extract'; readonly at: number; readonly unit: Unit; readonly arg: Expr }
  /** The keyword forms: args in the order of plan.ts's Fn; trim is (side literal, chars, s). */
  | {
      readonly kind: 'keywordCall';
      readonly at: number;
      readonly fn: 'substring' | 'substringSimilar' | 'position' | 'trim' | 'overlay';
      readonly args: readonly Expr[];
    }
  | Call
  | { readonly kind: 'cursor'; readonly at: number; readonly query: Query };
