import { describe, expect, it } from 'vitest';
import { newStateText, requireSize, stateText } from '../../shared/consume/window-state.ts';

describe("a window's state", () => {
  const start = () => ({ fresh: true });

  it('is what Lambda sent, and a new one where that is nothing', () => {
    for (const sent of [undefined, null, {}, 'text', 7]) {
      expect(newStateText(sent, start)).toBe('{"fresh":true}');
    }
    expect(newStateText({ n: 1 }, start)).toBe('{"n":1}');
  });

  it('may be plain objects, lists, texts, finite numbers, true, false and null', () => {
    const state = { a: [1, 'x', true, false, null, { b: -0.5 }], none: undefined };
    expect(stateText(state)).toBe('{"a":[1,"x",true,false,null,{"b":-0.5}]}');
    const bare = Object.assign(Object.create(null), { n: 1 });
    expect(stateText({ bare })).toBe('{"bare":{"n":1}}');
  });

  it.each<[unknown, string]>([
    [10n, 'a bigint'],
    [new Date(0), 'a Date'],
    [new Map(), 'a Map'],
    [Number.NaN, 'NaN'],
    [Number.NEGATIVE_INFINITY, '-Infinity'],
    [() => 1, 'a function'],
    [Symbol('x'), 'a symbol'],
    [Buffer.from('x'), 'a Buffer'],
  ])('%o is refused by name', (value, name) => {
    const refusal = new TypeError(
      `a window's state holds ${name}, which JSON does not give back: use plain objects, lists, texts and finite numbers`,
    );
    expect(() => stateText({ deep: [{ value }] })).toThrow(refusal);
  });

  it('is an object', () => {
    expect(() => stateText([])).toThrow(new TypeError("a window's state is an object, not a list"));
  });

  it('has at most 1 MiB, in bytes', () => {
    const most = 'x'.repeat(1_048_576);
    expect(() => requireSize(most)).not.toThrow();
    expect(() => requireSize(`${most}x`)).toThrow(
      "the window's state has 1048577 bytes as JSON, and Lambda keeps 1048576: keep less for each key, use a shorter window, or more shards",
    );
    expect(() => requireSize('é'.repeat(600_000))).toThrow('1200000 bytes');
  });
});
