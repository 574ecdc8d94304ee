import { describe, expect, it } from 'vitest';
import { HANDOVER_MS, liveGeneration } from '../../functions/aggregate/live-generation.ts';
import { pointerKey, programOf, readPointer } from '../../functions/aggregate/pointer.ts';
import { arrange } from '../../shared/sql/engine/graph.ts';
import { memoryStore } from '../helpers/memory-store.ts';
import { applicationOf } from '../simulation/program.ts';

const application = applicationOf();
const tables = { prefix: 't-', state: 't-state' };
const key = pointerKey(application, tables);

function functionAt(time: { now: number }, changes: Partial<typeof application> = {}) {
  const store = memoryStore();
  const context = (of: typeof application) => ({
    ...{ application: of, tables, store },
    graph: arrange(of.plan),
  });
  const ask = (of = application) => liveGeneration(context(of), 'file:///f', () => time.now)();
  const pointer = async () => readPointer(await store.read(key));
  const set = (attributes: Record<string, { S: string } | { N: string }>) =>
    store.put(key, { _n: { N: '7' }, ...attributes });
  return { store, ask, pointer, set, changed: { ...application, ...changes } };
}

describe('the live generation', () => {
  it('is that of the SQL alone before any rebuild; the pointer tells readers where rows lie', async () => {
    const { ask, pointer } = functionAt({ now: 0 });
    expect(await ask()).toBe('');
    const { program, outputs, faults } = await pointer();
    expect({ program, faults }).toEqual({ program: programOf(application), faults: 'file:///f' });
    const names = Object.keys(application.outputs);
    expect(Object.keys(outputs!)).toEqual(names);
    for (const name of names) expect(outputs![name]).toMatch(RegExp(`^app\\.${name}@[0-9a-f]{8}$`));
  });

  it('is the one that the pointer says, with other names', async () => {
    const { ask, pointer, set } = functionAt({ now: 0 });
    await ask();
    const before = (await pointer()).outputs!;
    await set({ salt: { S: 'a1' } });
    expect(await ask()).toBe('a1');
    const after = (await pointer()).outputs!;
    for (const name of Object.keys(before)) expect(after[name]).not.toBe(before[name]);
  });

  it('a changed program tells its own names, once', async () => {
    const { ask, pointer, store, changed } = functionAt({ now: 0 }, { skewMs: 1 });
    await ask();
    await ask(changed);
    expect((await pointer()).program).toBe(programOf(changed));
    const before = store.dump();
    await ask(changed);
    expect(store.dump()).toEqual(before);
  });

  it('during a handover there is none, until it has lasted too long', async () => {
    const time = { now: 1_000 };
    const { ask, pointer, set } = functionAt(time);
    await set({ handover: { S: 'attempt' } });
    expect(await ask()).toBeNull();
    time.now += HANDOVER_MS - 1;
    expect(await ask()).toBeNull();
    expect((await pointer()).handover).toBe('attempt');
    time.now += 1;
    expect(await ask()).toBe('');
    expect(await pointer()).toMatchObject({ handover: null, met: null, salt: '' });
  });
});
