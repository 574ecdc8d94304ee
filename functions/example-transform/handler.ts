import { dropped, keyed, transformer } from '../../shared/firehose/transformer.ts';

/** Access log lines without the visitor's address, by status; health checks are left out. */
export const handler = transformer((record) => {
  const [, page, status] = /"[A-Z]+ (\S+) [^"]*" (\d{3})/.exec(record.text()) ?? [];
  if (page === '/health') return dropped('HEALTH_CHECK');
  return keyed({ at: record.arrival, page, status: Number(status) }, { status });
});
