import { gzipSync } from 'node:zlib';

/** A batch for each format that no sample application reads: sound records, then a faulty one. */
export function formatBatches(noon: number): Readonly<Record<string, readonly Buffer[]>> {
  const at = (second: number) => new Date(noon + second * 1000).toISOString();
  const order = (id: number, country: string) => ({ id, country, placed: at(id) });
  const text = (value: object) => JSON.stringify(value);

  const log = (message: string, ms: number) => ({
    id: `3953781273482957239847529384752938475293847523${String(ms).padStart(10, '0')}`,
    timestamp: noon + ms,
    message,
  });
  const envelope = (messageType: string, logEvents: readonly object[]) => ({
    messageType,
    owner: messageType === 'CONTROL_MESSAGE' ? 'CloudwatchLogs' : '123456789012',
    logGroup: messageType === 'CONTROL_MESSAGE' ? '' : '/aws/lambda/orders',
    logStream: messageType === 'CONTROL_MESSAGE' ? '' : '2026/05/02/[$LATEST]0f1e2d3c',
    subscriptionFilters: messageType === 'CONTROL_MESSAGE' ? [] : ['all'],
    logEvents,
  });
  const started = pack(
    envelope('DATA_MESSAGE', [
      log('START RequestId: 8f0d Version: $LATEST\n', 0),
      log(text({ level: 'info', order: { id: 7 } }), 12),
      log(text({ level: 'error', order: { id: 8 } }), 40),
    ]),
  );

  const change = (eventName: string, second: number, images: object) => ({
    awsRegion: 'eu-west-1',
    eventID: `00000000-0000-4000-8000-${String(second).padStart(12, '0')}`,
    eventName,
    userIdentity: null,
    recordFormat: 'application/json',
    tableName: 'orders',
    dynamodb: {
      ApproximateCreationDateTime: (noon + second * 1000) * 1000 + 250,
      ApproximateCreationDateTimePrecision: 'MICROSECOND',
      Keys: { id: { S: 'o-7' } },
      ...images,
      SizeBytes: 61,
    },
    eventSource: 'aws:dynamodb',
  });
  const item = (price: string) => ({ id: { S: 'o-7' }, price: { N: price } });

  return {
    'json-array': [text([order(1, 'PT'), order(2, 'NO')]), '[]', text(order(3, 'PT'))].map(bytes),
    ndjson: [
      `${text(order(1, 'PT'))}\n${text(order(2, 'NO'))}\n`,
      text(order(3, 'PT')),
      `${text(order(4, 'PT'))}\n{"id":`,
    ].map(bytes),
    csv: [`1,PT,${at(1)}\r\n2,"NO",${at(2)}\r\n`, `3,PT,${at(3)}`, `4,PT,${at(4)}\n5,PT\n`].map(
      bytes,
    ),
    syslog: [
      `<165>1 ${at(1)} web-1 orders 4242 ID47 [order@32473 id="7" user="ann"] paid`,
      '<34>May  2 12:00:02 web-1 sshd[17]: Failed password for invalid user admin\n',
      'out of order',
    ].map(bytes),
    'cloudwatch-logs': [
      started,
      pack(envelope('CONTROL_MESSAGE', [log('CWL CONTROL MESSAGE: Checking health', 50)])),
      started.subarray(0, -20),
    ],
    dynamodb: [
      change('INSERT', 1, { NewImage: item('10') }),
      change('MODIFY', 2, { NewImage: item('12.5'), OldImage: item('10') }),
      change('REMOVE', 3, { OldImage: item('12.5') }),
      { id: 'o-7', price: 10 },
    ].map((one) => bytes(text(one))),
  };
}

function bytes(text: string): Buffer {
  return Buffer.from(text);
}

/** Gzip that comes out the same on every machine: stored, and of no particular system. */
function pack(value: object): Buffer {
  const packed = gzipSync(JSON.stringify(value), { level: 0 });
  packed[9] = 255;
  return packed;
}
