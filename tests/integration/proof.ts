import { expect } from 'vitest';
import type { FaultyRecord } from '../../shared/consume/faults.ts';
import type { ReadRecord } from '../../shared/records/event.ts';
import { itemTexts, outputsOf } from './items.ts';
import { accountActivity } from './oracle.ts';
import type { Rig, Side } from './rig.ts';
import { type Put, readWhole } from './runs.ts';

/**
 * That all events have arrived once, that the tables are those of SQLite over them, and that no
 * byte of them changes when the stream is read again from its start, nor where nothing went wrong.
 */
export async function proveExact(
  rig: Rig,
  rough: Side,
  run: {
    readonly events: readonly { readonly data: Uint8Array }[];
    readonly puts: readonly Put[];
    readonly accepted: readonly ReadRecord[];
  },
): Promise<void> {
  const { events, puts, accepted } = run;
  expect(texts(accepted)).toEqual(texts(events));
  const items = await rough.items();
  const faults = rough.faults();
  const expected = accountActivity(accepted, rig.application);
  const outputs = outputsOf(items);
  for (const [name, rows] of Object.entries(expected.outputs)) {
    expect(outputs[name], name).toEqual(rows);
  }
  expect(Object.keys(outputs)).toHaveLength(Object.keys(expected.outputs).length);
  expect(partsOf(faults)).toEqual(expected.faults);

  // Once more from the start nothing changes, and in other tables, without trouble, all is the same.
  const calm = await rig.side('calm');
  await Promise.all([readWhole(rough, puts, 200), readWhole(calm, puts, 150)]);
  for (const side of [rough, calm]) {
    expect(itemTexts(await side.items())).toEqual(itemTexts(items));
    expect(side.faults()).toEqual(faults);
  }
}

function texts(records: readonly { readonly data: Uint8Array }[]): string[] {
  return records.map(({ data }) => Buffer.from(data).toString('latin1')).sort();
}

/** The user records that were set aside, by the oracle's names. */
function partsOf(faulty: readonly FaultyRecord[]): string[] {
  const parts = faulty.flatMap(({ shardId, sequenceNumber, faults }) =>
    faults.map(({ subSequenceNumber }) => `${shardId}/${sequenceNumber}/${subSequenceNumber}`),
  );
  return [...new Set(parts)].sort();
}
