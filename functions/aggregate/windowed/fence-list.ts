import type { Fence } from '../../../shared/results/fence.ts';

/** Fences as JSON: what all have in common, how many there are, and the rest of each, base64. */
export type EncodedFences = readonly [common: string, count: number, rest: string];

/** The bytes of a sequence number of 129 digits, the longest there is. */
const WIDTH = 54;

/** Rising fences of one shard: they differ in their last bytes. */
export function encodeFences(fences: readonly Fence[]): EncodedFences {
  const whole = fences.map(padded);
  const [first, last] = [whole[0], whole.at(-1)];
  if (first === undefined || last === undefined) return ['', 0, ''];
  let common = 0;
  while (common < WIDTH && first[common] === last[common]) common++;
  const rest = Buffer.concat(whole.map((bytes) => bytes.subarray(common)));
  return [first.toString('base64', 0, common), whole.length, rest.toString('base64')];
}

export function decodeFences([common, count, rest]: EncodedFences): Fence[] {
  const head = Buffer.from(common, 'base64');
  const tails = Buffer.from(rest, 'base64');
  const width = WIDTH - head.length;
  return Array.from({ length: count }, (_, i) =>
    stripped(Buffer.concat([head, tails.subarray(i * width, (i + 1) * width)])),
  );
}

function padded(fence: Fence): Buffer {
  return Buffer.concat([Buffer.alloc(WIDTH - (fence.length - 1)), fence.subarray(1)]);
}

function stripped(bytes: Buffer): Fence {
  const number = bytes.subarray(bytes.findIndex((byte) => byte !== 0));
  return Buffer.concat([Buffer.of(number.length), number]);
}
