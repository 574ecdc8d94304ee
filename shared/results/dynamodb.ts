import {
  type AttributeValue,
  ConditionalCheckFailedException,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  type Attributes,
  type Condition,
  type ItemKey,
  ResultTooLarge,
  type Store,
} from './store.ts';

/** The store on DynamoDB. Tables have the string keys pk and sk. */
export function dynamoStore(client: DynamoDBClient): Store {
  const read = async (key: ItemKey): Promise<Attributes | null> => {
    const { Item } = await client.send(
      new GetItemCommand({ TableName: key.table, Key: keyOf(key), ConsistentRead: true }),
    );
    return Item ?? null;
  };
  return {
    read,
    update: async (update) => {
      const expression = createExpression();
      const assign = Object.entries(update.set ?? {}).map(
        ([name, value]) => `${expression.name(name)} = ${expression.value(value)}`,
      );
      const add = Object.entries(update.add ?? {}).map(
        ([name, number]) => `${expression.name(name)} ${expression.value({ N: number })}`,
      );
      const remove = (update.remove ?? []).map(expression.name);
      const clauses = [clause('SET', assign), clause('ADD', add), clause('REMOVE', remove)];
      try {
        const { Attributes: item } = await client.send(
          new UpdateItemCommand({
            TableName: update.key.table,
            Key: keyOf(update.key),
            UpdateExpression: clauses.join(' ').trim(),
            ConditionExpression: conditionText(update.condition, expression),
            ...expression.maps(),
            ReturnValues: 'ALL_NEW',
            ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
          }),
        );
        return { done: true, item: item ?? {} };
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) {
          // Emulators may leave the item out of the answer; the read is as good, only dearer.
          return { done: false, item: error.Item ?? (await read(update.key)) };
        }
        throw explained(update.key, error);
      }
    },
    put: async (key, item, condition) => {
      const expression = createExpression();
      try {
        await client.send(
          new PutItemCommand({
            TableName: key.table,
            Item: { ...item, ...keyOf(key) },
            ...(condition && {
              ConditionExpression: conditionText(condition, expression),
              ...expression.maps(),
            }),
          }),
        );
        return true;
      } catch (error) {
        if (error instanceof ConditionalCheckFailedException) return false;
        throw explained(key, error);
      }
    },
  };
}

function keyOf({ pk, sk }: ItemKey): Record<string, AttributeValue> {
  return { pk: { S: pk }, sk: { S: sk } };
}

function clause(word: string, parts: readonly string[]): string {
  return parts.length === 0 ? '' : `${word} ${parts.join(', ')}`;
}

function conditionText(condition: Condition, expression: Expression): string {
  if (condition.kind === 'all' || condition.kind === 'any') {
    const texts = condition.of.map((one) => `(${conditionText(one, expression)})`);
    return texts.join(condition.kind === 'all' ? ' AND ' : ' OR ');
  }
  if (condition.kind === 'absent') return `attribute_not_exists(${expression.name('pk')})`;
  if (condition.kind === 'without') {
    return `attribute_not_exists(${expression.name(condition.attribute)})`;
  }
  const name = expression.name(condition.attribute);
  const value = expression.value(condition.value);
  if (condition.kind === 'equals') return `${name} = ${value}`;
  return `attribute_not_exists(${name}) OR ${name} < ${value}`;
}

interface Expression {
  readonly name: (attribute: string) => string;
  readonly value: (value: AttributeValue) => string;
  readonly maps: () => {
    ExpressionAttributeNames: Record<string, string>;
    ExpressionAttributeValues?: Record<string, AttributeValue>;
  };
}

/** Placeholders for all names and values: columns may be called anything. */
function createExpression(): Expression {
  const names = new Map<string, string>();
  const values: Record<string, AttributeValue> = {};
  let count = 0;
  return {
    name: (attribute) => {
      const known = names.get(attribute) ?? `#${names.size}`;
      names.set(attribute, known);
      return known;
    },
    value: (value) => {
      const placeholder = `:${count++}`;
      values[placeholder] = value;
      return placeholder;
    },
    maps: () => ({
      ExpressionAttributeNames: Object.fromEntries([...names].map(([name, at]) => [at, name])),
      ...(count > 0 && { ExpressionAttributeValues: values }),
    }),
  };
}

/**
 * DynamoDB says ValidationException for an item over 400 KB and for a number past 38 digits.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
 */
function explained(key: ItemKey, error: unknown): unknown {
  const named = error instanceof Error && error.name === 'ValidationException';
  const size =
    named && /item size|number overflow|significant digits|magnitude/i.test(error.message);
  return size ? new ResultTooLarge(key, error) : error;
}
