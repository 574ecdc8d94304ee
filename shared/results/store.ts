import type { AttributeValue } from '@aws-sdk/client-dynamodb';

export type Attributes = Readonly<Record<string, AttributeValue>>;

export interface ItemKey {
  /** The table's physical name. */
  readonly table: string;
  readonly pk: string;
  readonly sk: string;
}

/** What a conditional write asks of the stored item. */
export type Condition =
  /** The item is not there. */
  | { readonly kind: 'absent' }
  | { readonly kind: 'equals'; readonly attribute: string; readonly value: AttributeValue }
  | { readonly kind: 'absentOrBelow'; readonly attribute: string; readonly value: AttributeValue }
  /** The item, if it is there, does not have the attribute. */
  | { readonly kind: 'without'; readonly attribute: string }
  | { readonly kind: 'all'; readonly of: readonly Condition[] }
  | { readonly kind: 'any'; readonly of: readonly Condition[] };

/** One atomic change of one item. */
export interface Update {
  readonly key: ItemKey;
  /** Numbers to add, as decimal text. */
  readonly add?: Readonly<Record<string, string>>;
  readonly set?: Attributes;
  readonly remove?: readonly string[];
  readonly condition: Condition;
}

/** Done: the item as it now stands. Not done: the item that did not meet the condition. */
export type Outcome =
  | { readonly done: true; readonly item: Attributes }
  | { readonly done: false; readonly item: Attributes | null };

/** The few calls that results need of a table; every one is atomic for one item. */
export interface Store {
  /** A strongly consistent read. */
  readonly read: (key: ItemKey) => Promise<Attributes | null>;
  readonly update: (update: Update) => Promise<Outcome>;
  /** Replaces the item as a whole; without a condition always. False: the condition failed. */
  readonly put: (key: ItemKey, item: Attributes, condition?: Condition) => Promise<boolean>;
}

/** The result's time is over: it may have been removed already, and must not be born again in part. */
export class ResultExpired extends Error {
  override readonly name = 'ResultExpired';
  readonly retryable = false;
  constructor(key: ItemKey) {
    super(`result ${key.pk} ${key.sk} in ${key.table} has expired`);
  }
}

/** The item or a number in it is past what DynamoDB holds: no retry can mend it. */
export class ResultTooLarge extends Error {
  override readonly name = 'ResultTooLarge';
  readonly retryable = false;
  constructor(key: ItemKey, cause: unknown) {
    const why = cause instanceof Error ? cause.message : String(cause);
    super(`result ${key.pk} ${key.sk} in ${key.table} cannot be stored: ${why}`, { cause });
  }
}
