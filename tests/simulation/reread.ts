import { createRangeCheck } from '../../functions/aggregate/windowed/reread.ts';
import type { Range } from '../../functions/aggregate/windowed/state.ts';
import { toEvent } from '../../local/mapping/event.ts';
import type { Clock } from '../../local/mapping/types.ts';
import type { KinesisRecord } from '../../shared/records/event.ts';
import type { Fault } from './faults.ts';
import { RETENTION } from './program.ts';
import { SETTINGS } from './settings.ts';
import type { Stream } from './stream.ts';
import { Broken } from './violation.ts';
import { withGarbledData } from './wire.ts';

/** What may bring a state together with tables in which a part of it stands, or that do not take it. */
const SPLITTING: readonly Fault[] = [
  ...(['early', 'restored', 'switched', 'program', 'rebuild', 'mended', 'full'] as const),
];

/** The records of a range, as the stream holds them at this moment. */
export function createRereader(clock: Clock, faults: ReadonlySet<Fault>, stream: Stream) {
  return (shardId: string, range: Range): readonly KinesisRecord[] => {
    if (!SPLITTING.some((kind) => faults.has(kind))) {
      const message = `${shardId}: a state was cut at another record than before`;
      throw new Broken({ invariant: 'seals', message, item: `${range.first} to ${range.last}` });
    }
    const oldest = clock.now() - RETENTION;
    const kept = stream.memory
      .records(shardId)
      .filter(({ sequenceNumber, arrival }) => sequenceNumber >= range.first && arrival >= oldest);
    const { Records } = withGarbledData(toEvent(shardId, kept, SETTINGS, null), stream.garbled);
    return createRangeCheck(shardId, range).take(Records);
  };
}
