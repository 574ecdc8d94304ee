/** 1 MB for each shard: https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html */
const LARGEST_STATE = 1 << 20;

/** The JSON of the state that Lambda sent, or of a new one: a fresh window comes with {}. */
export function newStateText(sent: unknown, start: () => object): string {
  const fresh = typeof sent !== 'object' || sent === null || Object.keys(sent).length === 0;
  return fresh ? stateText(start()) : JSON.stringify(sent);
}

/** The state as JSON. Throws TypeError where JSON would not give it back as it is. */
export function stateText(state: object): string {
  if (Array.isArray(state)) throw new TypeError("a window's state is an object, not a list");
  return JSON.stringify(state, refuseLossy);
}

/** Lambda ends the window early when a state is too large; what it then does with it is not documented. */
export function requireSize(text: string): void {
  const bytes = Buffer.byteLength(text);
  if (bytes <= LARGEST_STATE) return;
  throw new RangeError(
    `the window's state has ${bytes} bytes as JSON, and Lambda keeps ${LARGEST_STATE}: ` +
      'keep less for each key, use a shorter window, or more shards',
  );
}

function refuseLossy(this: unknown, key: string, value: unknown): unknown {
  // A Date has become a text before it gets here; what it was is in the object.
  const original = Object(this)[key] ?? value;
  const kind = lossy(original);
  if (kind === null) return value;
  throw new TypeError(
    `a window's state holds ${kind}, which JSON does not give back: use plain objects, lists, texts and finite numbers`,
  );
}

/** What it is, if JSON loses it. */
function lossy(value: unknown): string | null {
  if (typeof value === 'number') return Number.isFinite(value) ? null : String(value);
  if (typeof value === 'bigint') return 'a bigint';
  if (typeof value === 'function' || typeof value === 'symbol') return `a ${typeof value}`;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype === null || prototype === Object.prototype) return null;
  return `a ${value.constructor.name}`;
}
