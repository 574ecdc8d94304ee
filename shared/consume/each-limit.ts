/**
 * Runs `work` over all items, at most `width` at a time; rejects when one does. Work that is done at
 * once need give no promise: nothing is waited for then.
 */
export async function eachLimit<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void> | undefined,
): Promise<void> {
  let next = 0;
  const runner = async (): Promise<void> => {
    while (next < items.length) {
      const done = work(items[next++]!);
      if (done !== undefined) await done;
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, runner));
}
