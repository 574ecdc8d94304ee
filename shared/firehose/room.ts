import { isPlainInJson } from '../records/text.ts';
import type { FirehoseRecord, ResponseRecord } from './event.ts';

/**
 * Lambda takes a response of 6 MB (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html);
 * one that is longer fails the whole batch. Read as the smaller of what a MB may be.
 */
export const RESPONSE_BYTES = 6_000_000;

const ENVELOPE = JSON.stringify({ records: [] }).length;
/** Of a failure, beside its id. */
const FAILED = '"result":"ProcessingFailed"'.length;

/** What is left of a response in which each record has room to fail, the longest answer without data. */
export interface Room {
  /** Of a whole response. */
  readonly bytes: number;
  /** Takes the room for an answer with so many bytes of data, if there is enough: true. */
  readonly take: (head: ResponseRecord, dataBytes: number) => boolean;
  /** Whether an answer with so many bytes of data fits a response of its own. */
  readonly fitsAlone: (head: ResponseRecord, dataBytes: number) => boolean;
}

export function createRoom(records: readonly FirehoseRecord[], bytes = RESPONSE_BYTES): Room {
  let left = bytes - ENVELOPE;
  for (const { recordId } of records) left -= idBytes(recordId) + FAILED;
  return {
    bytes,
    take: (head, dataBytes) => {
      // A failure tells the id too.
      const more = bytesBesideId(head, dataBytes) - FAILED;
      if (more > left) return false;
      left -= more;
      return true;
    },
    fitsAlone: (head, dataBytes) =>
      ENVELOPE + idBytes(head.recordId) + bytesBesideId(head, dataBytes) <= bytes,
  };
}

function idBytes(recordId: string): number {
  return '{"recordId":,},'.length + jsonBytes(recordId);
}

/** Of the JSON. It is not written for this: that would take as long again. */
function bytesBesideId({ result, metadata }: ResponseRecord, dataBytes: number): number {
  // Base64 stands in JSON as it is.
  const base64Bytes = Math.ceil(dataBytes / 3) * 4;
  const bytes = '"result":"","data":""'.length + result.length + base64Bytes;
  return metadata === undefined ? bytes : bytes + metadataBytes(metadata.partitionKeys);
}

let known = { keys: {}, bytes: Number.NaN };

/** Records that follow each other mostly share the object of their keys. */
function metadataBytes(keys: Readonly<Record<string, string>>): number {
  if (known.keys === keys) return known.bytes;
  let bytes = ',"metadata":{"partitionKeys":{}}'.length;
  let members = 0;
  for (const name in keys) {
    bytes += jsonBytes(name) + ':'.length + jsonBytes(keys[name]!);
    members++;
  }
  known = { keys, bytes: bytes + Math.max(0, members - 1) };
  return known.bytes;
}

function jsonBytes(text: string): number {
  return isPlainInJson(text) ? text.length + 2 : Buffer.byteLength(JSON.stringify(text));
}
