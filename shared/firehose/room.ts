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

/** Of the JSON, with the comma behind it. It is not written for this: that would take as long again. */
function answerBytes({ recordId, result, data, metadata }: ResponseRecord): number {
  let bytes = '{"recordId":,"result":""},'.length + jsonBytes(recordId) + result.length;
  // Base64 stands in JSON as it is.
  if (data !== undefined) bytes += ',"data":""'.length + data.length;
  if (metadata === undefined) return bytes;
  let members = 0;
  for (const name in metadata.partitionKeys) {
    bytes += jsonBytes(name) + ':'.length + jsonBytes(metadata.partitionKeys[name]!);
    members++;
  }
  return bytes + ',"metadata":{"partitionKeys":{}}'.length + Math.max(0, members - 1);
}

/** What JSON writes as it is. */
const PLAIN = /^[ !#-[\]-~]*$/;

function jsonBytes(text: string): number {
  return PLAIN.test(text) ? text.length + 2 : Buffer.byteLength(JSON.stringify(text));
}
