/**
 * What a configuration file may say, as plain data. One such description drives the strict reader
 * (read.ts) and the JSON Schema for editors (json-schema.ts).
 */
export type Rule =
  | ObjectRule
  | MapRule
  | ListRule
  | WholeRule
  | DecimalRule
  | DurationRule
  | ChoiceRule
  | TextRule
  | SqlTypeRule
  | OnlyRule
  | NotBuiltRule;

/** Fixed keys. */
export interface ObjectRule {
  readonly kind: 'object';
  readonly keys: Readonly<Record<string, Key>>;
  /** Of these keys exactly one has to be there. */
  readonly exactlyOne?: readonly string[];
  /** A bare value stands for an object with this key alone. */
  readonly short?: string;
  /** This word stands for an object that says nothing: all defaults. */
  readonly word?: string;
}

export interface Key {
  readonly rule: Rule;
  readonly about: string;
  readonly required?: true;
  /** As it would be written in the file. */
  readonly default?: string | number | Readonly<Record<string, never>>;
}

/** Names that the user chooses, at least one. */
export interface MapRule {
  readonly kind: 'map';
  readonly what: string;
  readonly names: string;
  readonly namesAre: string;
  readonly of: Rule;
}

/** Values in an order, at least one. */
export interface ListRule {
  readonly kind: 'list';
  readonly what: string;
  readonly of: TextRule;
}

export interface WholeRule {
  readonly kind: 'whole';
  readonly min: number;
  readonly max: number;
}

export interface DecimalRule {
  readonly kind: 'decimal';
  readonly min: number;
  readonly max: number;
}

/** A whole number with a unit: 30s, 5m, 48h, 7d. `words` may stand in its place. */
export interface DurationRule {
  readonly kind: 'duration';
  readonly min: string;
  readonly max: string;
  readonly words?: readonly string[];
}

export interface ChoiceRule {
  readonly kind: 'choice';
  readonly of: readonly string[];
  /** Of these words a map with the word as its only key can give the options. */
  readonly with?: Readonly<Record<string, ObjectRule>>;
}

export interface TextRule {
  readonly kind: 'text';
  readonly pattern: string;
  /** What the pattern asks for, in words. */
  readonly is: string;
}

export interface SqlTypeRule {
  readonly kind: 'sqlType';
}

/** One number is accepted; the reason is told to who writes another. */
export interface OnlyRule {
  readonly kind: 'only';
  readonly value: number;
  readonly reason: string;
}

/** A key of the design that has no function behind it yet. */
export interface NotBuiltRule {
  readonly kind: 'notBuilt';
}

/** The form of a choice that has options: an object with one key. */
export function optionsRule(options: Readonly<Record<string, ObjectRule>>): ObjectRule {
  const keys = Object.entries(options).map(([word, rule]) => [
    word,
    { rule, about: `Options of ${word}.` },
  ]);
  return { kind: 'object', keys: Object.fromEntries(keys), exactlyOne: Object.keys(options) };
}

/**
 * What a rule reads. Every key may be missing: the reader goes on past an error, so that the
 * checks behind it can report theirs too.
 */
export type Read<R> = R extends { kind: 'object'; keys: infer K }
  ? { readonly [N in keyof K]?: K[N] extends { rule: infer V } ? Read<V> : never }
  : R extends { kind: 'map'; of: infer V }
    ? Readonly<Record<string, Read<V>>>
    : R extends { kind: 'duration'; words: readonly (infer W)[] }
      ? number | W
      : R extends { kind: 'whole' | 'decimal' | 'duration' | 'only' }
        ? number
        : R extends { kind: 'list' }
          ? readonly string[]
          : R extends { kind: 'choice'; of: readonly (infer C)[]; with: infer W }
            ? C | { readonly [N in keyof W]?: Read<W[N]> }
            : R extends { kind: 'choice'; of: readonly (infer C)[] }
              ? C
              : R extends { kind: 'text' | 'sqlType' }
                ? string
                : never;
