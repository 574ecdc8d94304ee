import { compareFences, type Fence, storedFence } from './fence.ts';
import type { Attributes, Condition } from './store.ts';

/**
 * An item knows by which epoch its fence of a lane was moved: `_e` is the present one, `_h` the
 * earlier ones, each with the fence as it left it. Items that know of epoch 1 only have neither.
 */
type Era = readonly [epoch: number, fence: string];

/** What a write of this epoch leaves in the item beside the fence. */
export function epochMarks(item: Attributes | null, lane: string, epoch: number): Attributes {
  const fence = storedFence(item, lane);
  const before = epochOf(item, lane);
  if (fence === null) return epoch === 1 ? {} : { [epochAttribute(lane)]: numeric(epoch) };
  if (before === epoch) return {};
  const eras: Era[] = [...erasOf(item, lane), [before, Buffer.from(fence).toString('base64')]];
  return {
    [epochAttribute(lane)]: numeric(epoch),
    [historyAttribute(lane)]: { S: JSON.stringify(eras) },
  };
}

/** The epoch whose write took the item past a position of the lane; null: it is not past it. */
export function passedBy(item: Attributes | null, lane: string, position: Fence): number | null {
  return passageOf(item, lane, position)?.epoch ?? null;
}

/** The epoch that took the item past a position, and the fence that it left in the end or has now. */
export function passageOf(
  item: Attributes | null,
  lane: string,
  position: Fence,
): { readonly epoch: number; readonly end: Fence } | null {
  const fence = storedFence(item, lane);
  if (fence === null || compareFences(fence, position) < 0) return null;
  for (const [epoch, text] of erasOf(item, lane)) {
    const end = Buffer.from(text, 'base64');
    if (compareFences(end, position) >= 0) return { epoch, end };
  }
  return { epoch: epochOf(item, lane), end: fence };
}

/** That an item, if it has the lane at all, has it by this epoch. */
export function sameEpoch(lane: string, epoch: number): Condition {
  const attribute = epochAttribute(lane);
  const same: Condition = { kind: 'equals', attribute, value: numeric(epoch) };
  const none: Condition = { kind: 'without', attribute: epoch === 1 ? attribute : lane };
  return { kind: 'any', of: [none, same] };
}

export function isOfEpoch(item: Attributes | null, lane: string, epoch: number): boolean {
  return storedFence(item, lane) === null || epochOf(item, lane) === epoch;
}

function epochOf(item: Attributes | null, lane: string): number {
  return Number(item?.[epochAttribute(lane)]?.N ?? 1);
}

function erasOf(item: Attributes | null, lane: string): readonly Era[] {
  return JSON.parse(item?.[historyAttribute(lane)]?.S ?? '[]') as Era[];
}

function epochAttribute(lane: string): string {
  return `_e${lane.slice(2)}`;
}

function historyAttribute(lane: string): string {
  return `_h${lane.slice(2)}`;
}

function numeric(epoch: number) {
  return { N: String(epoch) };
}
