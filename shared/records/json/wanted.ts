import type { Step } from './paths.ts';

/** A place in a record that some column reads, or that lies on the way to one. */
export interface Want {
  /** Index of its span (counted within the element, for places inside the list), or -1. */
  leaf: number;
  readonly inList: boolean;
  /** Spans of the places below: forgotten when a repeated key replaces this value. */
  readonly below: number[];
  /** Are there keys below? */
  hasKeys: boolean;
  /** The known keys by their length in bytes, as chains. */
  readonly byLength: (Key | null)[];
  /** How many of them are only known. */
  learned: number;
  /** Stands before the first key, and for keys that are not known: only their followers matter. */
  readonly start: Key;
  readonly stranger: Key;
  readonly byText: Map<string, Want>;
  readonly itemAt: Map<number, Want>;
  each: Want | null;
}

/** A key of an object: one that leads to a wanted place, or one met in a record before. */
export interface Key {
  readonly bytes: Uint8Array;
  readonly want: Want | null;
  /** Another known key of the same length. */
  readonly next: Key | null;
  /** As it is mostly written, from its opening quote to the colon: the bytes and their number. */
  readonly written: Int32Array;
  readonly length: number;
  /** The key that stood behind this one the last time. */
  follower: Key | null;
}

/** All the places that a set of paths reads, merged into one tree. */
export interface Wanted {
  readonly root: Want;
  /** For each path: where its span is. */
  readonly places: readonly Place[];
  /** Spans of a record outside the list, and of one element of the list. */
  readonly plain: number;
  readonly perElement: number;
  /** The list whose elements become rows. */
  readonly list: Place | null;
}

export interface Place {
  readonly leaf: number;
  readonly inList: boolean;
}

/** Throws an Error when the paths name more than one list (`[0:]`). */
export function wantedPlaces(paths: readonly (readonly Step[])[]): Wanted {
  const root = place(false);
  const counts = { plain: 0, perElement: 0 };
  let owner: Want | null = null;
  const places = paths.map((steps) => {
    const way = [root];
    for (const step of steps) {
      const next = child(way.at(-1)!, step);
      if (step === 'each') {
        if (owner !== null && owner !== way.at(-1)) {
          throw new Error('two lists: only one can give a row for each element');
        }
        owner = way.at(-1)!;
        claim(way, counts);
      }
      way.push(next);
    }
    return claim(way, counts);
  });
  return { root, places, ...counts, list: owner };
}

/** Gives the last place of the way a span, known to all places above it in the same region. */
function claim(way: readonly Want[], counts: { plain: number; perElement: number }): Place {
  const want = way.at(-1)!;
  const { inList } = want;
  if (want.leaf < 0) {
    want.leaf = inList ? counts.perElement++ : counts.plain++;
    for (const above of way) {
      if (above !== want && above.inList === inList) above.below.push(want.leaf);
    }
  }
  return want;
}

function child(parent: Want, step: Step): Want {
  if (step === 'each') {
    parent.each ??= place(true);
    return parent.each;
  }
  const known = 'key' in step ? parent.byText.get(step.key) : parent.itemAt.get(step.index);
  if (known !== undefined) return known;
  const want = place(parent.inList);
  if ('index' in step) {
    parent.itemAt.set(step.index, want);
    return want;
  }
  parent.byText.set(step.key, want);
  parent.hasKeys = true;
  addKey(parent, Buffer.from(step.key), want);
  return want;
}

/** Makes a key known to the object that it is in. */
export function addKey(parent: Want, bytes: Buffer, want: Want | null): Key {
  const { byLength } = parent;
  while (byLength.length <= bytes.length) byLength.push(null);
  const key = newKey(bytes, want, byLength[bytes.length]!);
  byLength[bytes.length] = key;
  return key;
}

function newKey(bytes: Buffer, want: Want | null, next: Key | null): Key {
  const text = Buffer.concat([Buffer.from('"'), bytes, Buffer.from('":')]);
  return { bytes, want, next, written: wordsOf(text), length: text.length, follower: null };
}

/** Whole words, then the last four bytes, which may overlap them; none for the empty key. */
function wordsOf(text: Buffer): Int32Array {
  const words: number[] = [];
  for (let i = 0; i + 4 <= text.length; i += 4) words.push(text.readInt32LE(i));
  if (text.length >= 4) words.push(text.readInt32LE(text.length - 4));
  return Int32Array.from(words);
}

function place(inList: boolean): Want {
  return {
    leaf: -1,
    inList,
    below: [],
    hasKeys: false,
    byLength: [],
    learned: 0,
    start: newKey(Buffer.alloc(0), null, null),
    stranger: newKey(Buffer.alloc(0), null, null),
    byText: new Map(),
    itemAt: new Map(),
    each: null,
  };
}
