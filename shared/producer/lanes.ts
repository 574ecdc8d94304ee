import type { Entry } from './entry.ts';
import { enqueue, type Lane, newLane } from './lane.ts';
import type { ShardMap } from './shard-map.ts';

/** The lanes of a stream's open shards. */
export interface Lanes {
  /** Puts a record into the lane of its shard. */
  place(entry: Entry): Lane;
  /** False once the lane's shard is known to be closed: nothing more is sent from it. */
  isOpen(lane: Lane): boolean;
  /** Moves a lane behind all others. */
  toBack(lane: Lane): void;
  /**
   * Lets a newer map take effect once no lane of a closed shard has anything under way: until then
   * what came earlier might have to be sent again, and must not be overtaken.
   */
  adopt(): void;
  all(): Iterable<Lane>;
}

/** `latest` gives the map of the latest look-up. */
export function createLanes(latest: () => ShardMap): Lanes {
  let inForce = latest();
  const lanes = new Map<string, Lane>();

  function place(entry: Entry): Lane {
    const shardId = inForce.shardOf(entry.hashKey);
    let lane = lanes.get(shardId);
    if (lane === undefined) {
      lane = newLane(shardId);
      lanes.set(shardId, lane);
    }
    enqueue(lane, entry);
    return lane;
  }

  return {
    place,
    isOpen: ({ shardId }) => latest().isOpen(shardId),
    toBack(lane) {
      lanes.delete(lane.shardId);
      lanes.set(lane.shardId, lane);
    },
    adopt() {
      const map = latest();
      if (inForce === map) return;
      const closed = [...lanes.values()].filter(({ shardId }) => !map.isOpen(shardId));
      if (closed.some(({ isSending }) => isSending)) return;
      inForce = map;
      for (const lane of closed) {
        if (lane.rest !== null) clearTimeout(lane.rest);
        lanes.delete(lane.shardId);
      }
      for (const { queue } of closed) queue.forEach(place);
    },
    all: () => lanes.values(),
  };
}
