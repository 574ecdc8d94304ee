/** Past this the memory is given back: ordinary records are far smaller than Kinesis's 10 MiB. */
const LARGEST_KEPT = 1 << 20;

let scratch = Buffer.allocUnsafeSlow(1 << 16);

/** A buffer of at least `bytes` bytes, the same one at every call as long as it is large enough. */
export function scratchFor(bytes: number): Buffer {
  if (bytes <= scratch.length) return scratch;
  const larger = Buffer.allocUnsafeSlow(2 ** Math.ceil(Math.log2(bytes)));
  if (larger.length <= LARGEST_KEPT) scratch = larger;
  return larger;
}

const TWO_BYTES = /[\u0100-\uffff]/;

/** How many bytes `text` decodes to at most. */
export function decodedSize(text: string): number {
  return (text.length >>> 2) * 3 + 3;
}

/**
 * Decodes standard base64 with padding (RFC 4648 section 4) into `into`, and gives the number of
 * bytes, or -1 for anything else. Node's decoder passes over what it does not know, so what it
 * made is compared with what the text must make; that is far cheaper than a check of each character.
 */
export function decodeBase64(text: string, into: Buffer): number {
  const { length } = text;
  if (length === 0) return 0;
  if ((length & 3) !== 0) return -1;
  let padding = 0;
  if (text.charCodeAt(length - 1) === 0x3d) padding = text.charCodeAt(length - 2) === 0x3d ? 2 : 1;
  const expected = (length >>> 2) * 3 - padding;
  if (into.write(text, 0, expected, 'base64') !== expected) return -1;
  // What the decoder takes too, and no length gives away: the URL-safe alphabet, and characters
  // of two bytes whose lower one fits (the search knows without looking that other texts have none).
  if (text.includes('-') || text.includes('_') || TWO_BYTES.test(text)) return -1;
  return padding === 0 || endsClean(text, padding) ? expected : -1;
}

/** Whether the bits of the last character that belong to no byte are zero: AA== is, AB== is not. */
function endsClean(text: string, padding: number): boolean {
  const last = text.charAt(text.length - 1 - padding);
  return (padding === 2 ? 'AQgw' : 'AEIMQUYcgkosw048').includes(last);
}
