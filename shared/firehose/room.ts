import { type FirehoseRecord, failed, type ResponseRecord } from './event.ts';

/**
 * Lambda takes a response of 6 MB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html);
 * one that is longer fails the whole batch. Read as the smaller of what a MB may be.
 */
export const RESPONSE_BYTES = 6_000_000;

const ENVELOPE = JSON.stringify({ records: [] }).length;

/** What is left of a response in which each record has room to fail, the longest answer without data. */
export interface Room {
  /** Of a whole response. */
  readonly bytes: number;
  /** Takes the room for an answer, if there is enough: true. */
  readonly take: (answer: ResponseRecord) => boolean;
  /** Whether an answer fits a response of its own, with so many bytes of data that it does not have yet. */
  readonly fitsAlone: (answer: ResponseRecord, dataBytes: number) => boolean;
}

export function createRoom(records: readonly FirehoseRecord[], bytes = RESPONSE_BYTES): Room {
  let left = bytes - ENVELOPE;
  for (const { recordId } of records) left -= answerBytes(failed(recordId));
  return {
    bytes,
    take: (answer) => {
      const more = answerBytes(answer) - answerBytes(failed(answer.recordId));
      if (more > left) return false;
      left -= more;
      return true;
    },
    fitsAlone: (answer, dataBytes) =>
      ENVELOPE + answerBytes({ ...answer, data: '' }) + base64Bytes(dataBytes) <= bytes,
  };
}

function base64Bytes(bytes: number): number {
  return Math.ceil(bytes / 3) * 4;
}

/** Of the JSON, with the comma behind it. Base64 is written as it is: it need not be gone through. */
function answerBytes({ data, ...rest }: ResponseRecord): number {
  const length = data === undefined ? 0 : ',"data":""'.length + data.length;
  return Buffer.byteLength(JSON.stringify(rest)) + length + 1;
}
