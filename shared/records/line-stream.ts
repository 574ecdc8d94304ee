import { pipeline } from 'node:stream';
import { createGunzip } from 'node:zlib';

/** A file of CloudTrail's is one line; a record of Kinesis has at most 10 MiB. */
const LONGEST_LINE = 64 * 2 ** 20;
const LINE_FEED = 0x0a;

/**
 * The lines of what is read, without their line feeds, gunzipped if the first bytes say so, without
 * a byte order mark in front. A line is only valid until the next one. Holds one line and one chunk, whatever a file unpacks to.
 * `hear` is told how many bytes were read. Throws RangeError for a line over 64 MiB, and what the
 * source and gunzip throw.
 */
export async function* lineStream(
  source: AsyncIterable<unknown>,
  hear: (bytes: number) => void = () => {},
): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  let held = 0;
  let number = 1;
  for await (const chunk of await inflated(source, hear)) {
    const bytes = chunk as Buffer;
    let from = 0;
    for (let to = bytes.indexOf(LINE_FEED); to >= 0; to = bytes.indexOf(LINE_FEED, from)) {
      const part = bytes.subarray(from, to);
      from = to + 1;
      const line = held === 0 ? part : Buffer.concat([...rest, part]);
      if (held > 0) rest = [];
      held = 0;
      yield number === 1 ? withoutMark(line) : line;
      number++;
    }
    if (from === bytes.length) continue;
    rest.push(bytes.subarray(from));
    held += bytes.length - from;
    if (held > LONGEST_LINE) {
      throw new RangeError(`line ${number} is longer than ${LONGEST_LINE / 2 ** 20} MiB`);
    }
  }
  const last = number === 1 ? withoutMark(Buffer.concat(rest)) : Buffer.concat(rest);
  if (last.length > 0) yield last;
}

/** https://www.rfc-editor.org/rfc/rfc1952#page-6: the two bytes that begin a gzip file. */
async function inflated(
  source: AsyncIterable<unknown>,
  hear: (bytes: number) => void,
): Promise<AsyncIterable<unknown>> {
  const chunks = source[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
  const first = await chunks.next();
  const isGzip = !first.done && first.value[0] === 0x1f && first.value[1] === 0x8b;
  let read = 0;
  const whole = async function* (): AsyncGenerator<Buffer> {
    try {
      for (let next = first; !next.done; next = await chunks.next()) {
        read += next.value.length;
        hear(read);
        yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  };
  // The error of a broken file comes out of the iteration.
  return isGzip ? pipeline(whole, createGunzip(), () => {}) : whole();
}

/** Editors on Windows put a byte order mark in front, which is no JSON. */
function withoutMark(data: Buffer): Buffer {
  return data[0] === 0xef && data[1] === 0xbb && data[2] === 0xbf ? data.subarray(3) : data;
}
