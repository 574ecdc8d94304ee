/** The records that were put between two flushes. */
export interface Round {
  /** How many of them have no result yet. */
  waiting: number;
  /** True once a flush waits for them: they are sent without delay. */
  closed: boolean;
  readonly empty: PromiseWithResolvers<void>;
}

export interface Rounds {
  /** Counts a new record in; every record that enters must leave. */
  enter(): Round;
  leave(round: Round): void;
  /** Ends the round. Resolves when all that entered until now have left. */
  close(): Promise<void>;
}

/** Lets flush() wait for what came before it, and not for what others keep putting meanwhile. */
export function createRounds(): Rounds {
  let current = newRound();
  const closed = new Set<Round>();
  return {
    enter() {
      current.waiting += 1;
      return current;
    },
    leave(round) {
      round.waiting -= 1;
      if (round.waiting === 0 && closed.delete(round)) round.empty.resolve();
    },
    async close() {
      if (current.waiting > 0) {
        current.closed = true;
        closed.add(current);
        current = newRound();
      }
      await Promise.all([...closed].map(({ empty }) => empty.promise));
    },
  };
}

function newRound(): Round {
  return { waiting: 0, closed: false, empty: Promise.withResolvers() };
}
