/** An order as an application puts it, and twenty. */
export const ORDER = {
  id: 7,
  at: '2026-05-02T12:00:00Z',
  user: { name: 'ann' },
  pad: 'x'.repeat(120),
};

export const ORDERS = Array.from({ length: 20 }, () => ORDER);

const IMAGE = {
  id: { S: 'o-1' },
  price: { N: '12.50' },
  at: { N: '1777723200' },
  paid: { BOOL: true },
};

/** A change of an order, as DynamoDB puts it. */
export const CHANGE = {
  ...{ awsRegion: 'eu-west-1', eventID: 'a-b', eventName: 'MODIFY', tableName: 'orders' },
  dynamodb: {
    ...{ ApproximateCreationDateTime: Date.UTC(2026, 4, 2), Keys: { id: { S: 'o-1' } } },
    ...{ NewImage: IMAGE, OldImage: IMAGE, SizeBytes: 99 },
  },
  eventSource: 'aws:dynamodb',
};
