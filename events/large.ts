import { transformEvent } from './firehose.ts';

/**
 * A batch for the delivery failed-requests whose lines pass the 6 MB of a response:
 * `node events/large.ts > FILE`. It is too large to be kept in the repository.
 */
const LINE = '192.0.2.10 - - [02/May/2026:12:00:00 +0000] "GET /missing HTTP/1.1" 404 0\n';
const LINES_OF_A_RECORD = 500;
const RECORDS = 80;

const record = Buffer.from(LINE.repeat(LINES_OF_A_RECORD));
const batch = Array.from({ length: RECORDS }, () => record);
process.stdout.write(JSON.stringify(transformEvent(Date.UTC(2026, 4, 2, 12), batch, 'weblogs')));
