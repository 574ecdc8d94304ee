import type { ItemKey } from '../../shared/results/store.ts';

/** Names in keys, `<stream or pump>@<generation>`, and the factor of the program that writes them. */
export type Factors = ReadonlyMap<string, number>;

/** An item, by what it is and not by where it lies. */
export interface Place {
  /** Stream or pump. */
  readonly name: string;
  readonly window: string;
  readonly sortKey: string;
  readonly factor: number;
}

/** Partition keys are few, and each is written many times. */
export function placesIn(factors: Factors): (key: ItemKey) => Place {
  const known = new Map<string, Omit<Place, 'sortKey'>>();
  return ({ pk, sk }) => {
    let place = known.get(pk);
    if (place === undefined) {
      const [, owner = '', window = ''] = /^app\.(.+?)#(.+)#\d+$/.exec(pk) ?? [];
      const name = owner.split('@', 1)[0]!;
      place = { name, window, factor: factors.get(owner) ?? 1 };
      known.set(pk, place);
    }
    return { ...place, sortKey: sk };
  };
}
