/** Rows that another engine has made, for an upsert with the columns of docs/upsert.md. */
export function upsertRows(noon: number): readonly string[] {
  const row = (second: number, country: string, orders: number, amount: string, high: number) =>
    `{"minute":"${new Date(noon).toISOString()}","country":"${country}","emitted":${noon + second * 1000},` +
    `"orders":${orders},"amount":${amount},"highest":${high}}`;
  return [
    row(61, 'PT', 2, '30.50', 20.25),
    row(61, 'NO', 1, '12.00', 12),
    // The same window and country again: what came late, and the highest of all so far.
    row(75, 'PT', 1, '40.00', 40),
    row(80, 'NO', 1, '"twelve"', 12),
  ];
}

/** As the Lambda destination of Kinesis Data Analytics for SQL hands them over. */
export function deliveryEvent(rows: readonly string[]): object {
  return {
    invocationId: '00002969-b821-3420-0000-000000000001',
    applicationArn: 'arn:aws:kinesisanalytics:eu-west-1:123456789012:application/orders',
    records: rows.map((row, i) => ({
      recordId: `00002969-b821-3420-0000-${String(i).padStart(12, '0')}`,
      lambdaDeliveryRecordMetadata: { retryHint: i === 0 ? 1 : 0 },
      data: Buffer.from(row).toString('base64'),
    })),
  };
}
