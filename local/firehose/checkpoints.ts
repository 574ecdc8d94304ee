/** Which Kinesis records of each shard are where they have to be. */
export interface Checkpoints {
  /** The last sequence number of each shard with nothing open before it. */
  readonly last: ReadonlyMap<string, string>;
  /** Kinesis records that are on their way. */
  readonly open: number;
  /** A record has been read that ends in so many calls of what is given; in the order of its shard. */
  begin(shardId: string, sequenceNumber: string, ends: number): () => void;
  /** Moves the checkpoints past all that has ended. Gives the shards where that made a difference. */
  advance(): readonly string[];
}

interface Open {
  readonly sequenceNumber: string;
  ends: number;
}

/** Starts from what an earlier run came to. */
export function createCheckpoints(from: ReadonlyMap<string, string>): Checkpoints {
  const last = new Map(from);
  const shards = new Map<string, Open[]>();
  return {
    last,
    get open() {
      return [...shards.values()].reduce((sum, list) => sum + list.length, 0);
    },
    begin(shardId, sequenceNumber, ends) {
      const one = { sequenceNumber, ends };
      const list = shards.get(shardId);
      if (list === undefined) shards.set(shardId, [one]);
      else list.push(one);
      return () => {
        one.ends -= 1;
      };
    },
    advance() {
      return [...shards].flatMap(([shardId, list]) => {
        const waiting = list.findIndex(({ ends }) => ends > 0);
        const done = list.splice(0, waiting < 0 ? list.length : waiting).at(-1);
        if (done === undefined) return [];
        last.set(shardId, done.sequenceNumber);
        return [shardId];
      });
    },
  };
}
