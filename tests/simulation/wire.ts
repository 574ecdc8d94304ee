/** What is no base64 cannot come from a stream's bytes: it is made on the wire. */
export function withGarbledData<
  T extends {
    readonly Records?: readonly { readonly kinesis: { readonly sequenceNumber: string } }[];
  },
>(event: T, garbled: ReadonlySet<string>): T {
  if (garbled.size === 0 || event.Records === undefined) return event;
  const Records = event.Records.map((record) =>
    garbled.has(record.kinesis.sequenceNumber)
      ? { ...record, kinesis: { ...record.kinesis, data: 'no*base64' } }
      : record,
  );
  return { ...event, Records };
}
