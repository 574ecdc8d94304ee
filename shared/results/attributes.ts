import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { SqlType, Value } from '../sql/types.ts';
import { wholeValue } from '../windows/cells.ts';
import type { Attributes } from './store.ts';

/**
 * A value as any DynamoDB reader understands it: numbers as N, times as ISO 8601 text, binary as
 * B. NULL is undefined: the attribute is left out.
 */
export function toAttribute(type: SqlType, value: Value): AttributeValue | undefined {
  if (value === null) return undefined;
  if (typeof value === 'boolean') return { BOOL: value };
  if (typeof value === 'bigint') return { N: String(value) };
  if (typeof value === 'string')
    return isBinary(type) ? { B: Buffer.from(value, 'hex') } : { S: value };
  if (type.name === 'TIMESTAMP') return { S: new Date(value).toISOString() };
  if (type.name === 'DATE') return { S: new Date(value).toISOString().slice(0, 10) };
  if (type.name === 'TIME') return { S: new Date(value).toISOString().slice(11, 23) };
  return { N: String(value) };
}

/** The other way round; a missing attribute is NULL. */
export function fromAttribute(type: SqlType, attribute: AttributeValue | undefined): Value {
  if (attribute === undefined) return null;
  if (attribute.BOOL !== undefined) return attribute.BOOL;
  if (attribute.N !== undefined) {
    return /^-?\d+$/.test(attribute.N) ? wholeValue(attribute.N) : Number(attribute.N);
  }
  if (attribute.B !== undefined) return Buffer.from(attribute.B).toString('hex');
  if (attribute.S === undefined) return null;
  if (type.name === 'TIMESTAMP' || type.name === 'DATE') return Date.parse(attribute.S);
  if (type.name === 'TIME') return Date.parse(`1970-01-01T${attribute.S}Z`);
  return attribute.S;
}

/** The columns of a row as attributes; NULL columns are left out. Slot 0 of the row is ROWTIME. */
export function rowAttributes(
  columns: readonly { readonly name: string; readonly type: SqlType }[],
  row: readonly Value[],
): Attributes {
  const attributes: Record<string, AttributeValue> = {};
  columns.forEach(({ name, type }, index) => {
    const attribute = toAttribute(type, row[index + 1] ?? null);
    if (attribute !== undefined) attributes[name] = attribute;
  });
  return attributes;
}

function isBinary(type: SqlType): boolean {
  return type.name === 'BINARY' || type.name === 'VARBINARY';
}
