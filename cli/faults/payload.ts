import { isUtf8 } from 'node:buffer';
import { dataEnd, dataStart } from '../../shared/kpl/aggregate.ts';
import { decodeAggregate } from '../../shared/kpl/decode.ts';

/** What a record holds, for people. */
export interface Payload {
  /** Such as "user record 3 of 12". */
  readonly what: string;
  readonly text: string;
}

/** Of what is no text, so many bytes are shown. */
const HEAD_BYTES = 256;
const BYTES_A_LINE = 16;

/**
 * The data of a record as text, escaped so that a terminal shows it and does nothing else; the
 * beginning in hexadecimal where it is no UTF-8. Of an aggregate, the user records named by `subs`.
 */
export function payloads(data: Buffer, subs: readonly number[]): Payload[] {
  const aggregate = decodeAggregate(data);
  if (aggregate?.kind !== 'aggregate') return [{ what: sizeText(data), text: readable(data) }];
  const { count, bytes } = aggregate;
  const named = [...new Set(subs)].filter((sub) => sub < count).sort((a, b) => a - b);
  return named.map((sub) => {
    const part = bytes.subarray(dataStart(aggregate, sub), dataEnd(aggregate, sub));
    return {
      what: `user record ${sub} of 0 to ${count - 1}, ${sizeText(part)}`,
      text: readable(part),
    };
  });
}

function sizeText(data: Buffer): string {
  return `${data.length.toLocaleString('en')} ${data.length === 1 ? 'byte' : 'bytes'}`;
}

function readable(data: Buffer): string {
  return isUtf8(data) ? escaped(data.toString()) : hexHead(data);
}

/** All controls but line breaks and tabs, and what turns the direction of the text. */
const UNSAFE = /[^\P{Cc}\n\t]|[\u061C\u200E\u200F\u202A-\u202E\u2066-\u2069]/gu;

function escaped(text: string): string {
  return text.replaceAll(
    UNSAFE,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

function hexHead(data: Buffer): string {
  const lines: string[] = [];
  for (let from = 0; from < Math.min(data.length, HEAD_BYTES); from += BYTES_A_LINE) {
    const bytes = data.subarray(from, Math.min(from + BYTES_A_LINE, HEAD_BYTES));
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    const text = bytes.toString('latin1').replaceAll(/[^ -~]/g, '.');
    lines.push(
      `${from.toString(16).padStart(4, '0')}  ${hex.padEnd(3 * BYTES_A_LINE - 1)}  ${text}`,
    );
  }
  const left = data.length - HEAD_BYTES;
  if (left > 0) lines.push(`… ${left.toLocaleString('en')} more: --json has all, as base64`);
  return lines.join('\n');
}
