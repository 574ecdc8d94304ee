import { epochsKey, refuserOf } from '../../functions/aggregate/rules.ts';
import { type Epoch, readEpochs } from '../../shared/results/epoch.ts';
import { passedBy } from '../../shared/results/epoch-marks.ts';
import { fenceOf } from '../../shared/results/fence.ts';
import { entryId, redrivenIds } from '../../shared/results/redriven.ts';
import type { Attributes, ItemKey } from '../../shared/results/store.ts';
import { APPLICATIONS, strictOf } from './applications.ts';
import type { Holds } from './fences.ts';
import { graphOf } from './graph.ts';
import { isContested } from './model.ts';
import type { Place } from './places.ts';
import { START, TABLES } from './settings.ts';

/** Items with another name than the node that fills them from records. */
const WAYS: Readonly<Record<string, string>> = {
  TOTALS: 'TOTALS_PUMP',
  EXTREMES: 'EXTREMES_PUMP',
  SHARDS: 'SHARDS_PUMP',
  'TOP_ITEMS_PUMP/2': 'TOP_ITEMS_PUMP/1>TOP_ITEMS_PUMP/2',
  'ACTIVE_PUMP/2': 'ACTIVE_PUMP/1>ACTIVE_PUMP/2',
};

/**
 * A row that was refused before the schema was mended is in an item if it was redriven, or if the
 * fence passed it by a reading under the mended schema that began at or before it.
 */
export function contestedBy(
  epochsItem: (shardId: string) => Attributes | null,
  isMended: (version: string) => boolean,
): Holds {
  return (after, row, place, isPassed) => {
    if (!isContested(row, place.name)) return isPassed;
    const { lane, shardId, sequenceNumber, sub } = row;
    const position = fenceOf(sequenceNumber);
    const id = entryId(position, { record: 0, sub, row: 0, way: wayTo(place) });
    if (redrivenIds(after, lane).has(id)) return true;
    if (!isPassed) return false;
    const number = passedBy(after, lane, position);
    const epoch = readEpochs(epochsItem(shardId)).find((one: Epoch) => one.number === number);
    return epoch !== undefined && isMended(epoch.version) && epoch.from <= sequenceNumber;
  };
}

function wayTo({ name, sortKey }: Place): string {
  if (name === 'MIXED') return sortKey.startsWith('BY_ITEM') ? 'BY_ITEM' : 'BY_PERSON';
  return WAYS[name] ?? name;
}

/** The item of a shard that was read under the schema before for a day already. */
export function longEpoch(shardId: string): [ItemKey, Attributes] {
  const strict = strictOf(APPLICATIONS[0]);
  const { version } = refuserOf({ application: strict, graph: graphOf(strict) });
  const epoch: Epoch = {
    number: 1,
    version,
    from: '0',
    since: START - 86_400_000,
    done: '0',
    refused: null,
  };
  return [
    epochsKey(strict, TABLES, '')(shardId),
    { epochs: { S: JSON.stringify([epoch]) }, _n: { N: '1' } },
  ];
}
