import { type GivenUp, writeOnFailure } from '../../shared/consume/on-failure.ts';
import { CommandError } from '../errors.ts';

/** Batches for one invocation. */
export interface Calls {
  readonly calls: readonly (readonly GivenUp[])[];
  /** Those whose payload no invocation takes: their records are read from the stream. */
  readonly withoutPayload: readonly GivenUp[];
}

/** What a synchronous invocation takes: https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html */
const PAYLOAD_BYTES = 6 * 1024 * 1024;
/** The event has more in it than notes. */
const OTHER_BYTES = 4_096;
export const MOST_BYTES = PAYLOAD_BYTES - OTHER_BYTES;

/**
 * Splits batches, which stand in the order of their ranges, into as few invocations as take them.
 * Those that overlap stay together, so that the function sees it; it refuses them, and needs no
 * payload for that. Throws a CommandError where more overlap than one invocation takes.
 */
export function callsOf(given: readonly GivenUp[], mostBytes: number): Calls {
  const calls: GivenUp[][] = [];
  const withoutPayload: GivenUp[] = [];
  let left = 0;
  for (const group of overlapping(given)) {
    const isSmall = group.length === 1 && sizeOf(group) <= mostBytes;
    const sent = isSmall ? group : group.map((one) => ({ ...one, payload: null }));
    if (!isSmall && group.length === 1) withoutPayload.push(group[0]!);
    const bytes = sizeOf(sent);
    if (bytes > mostBytes) throw tooMany(group);
    if (bytes > left) {
      calls.push([]);
      left = mostBytes;
    }
    calls.at(-1)!.push(...sent);
    left -= bytes;
  }
  return { calls, withoutPayload };
}

function overlapping(given: readonly GivenUp[]): GivenUp[][] {
  const groups: GivenUp[][] = [];
  let end = -1n;
  for (const one of given) {
    const before = groups.at(-1)?.[0];
    const isSame = before?.functionArn === one.functionArn && before.shardId === one.shardId;
    if (isSame && BigInt(one.first) <= end) groups.at(-1)!.push(one);
    else {
      groups.push([one]);
      end = -1n;
    }
    const last = BigInt(one.last);
    if (last > end) end = last;
  }
  return groups;
}

/** In the event, with the comma behind each. */
function sizeOf(given: readonly GivenUp[]): number {
  return given.reduce(
    (bytes, one) => bytes + Buffer.byteLength(JSON.stringify(writeOnFailure(one))) + 1,
    0,
  );
}

function tooMany(group: readonly GivenUp[]): CommandError {
  return new CommandError(
    `${group.length.toLocaleString('en')} batches of ${group[0]!.shardId} overlap one another`,
    'npx sluice rebuild APPLICATION reads the stream again',
  );
}
