import { encodeAggregate } from '../../shared/kpl/encode.ts';
import { createRandom, type Random } from './random.ts';
import { FAULTS, type Fault, type GeneratedEvent, type GeneratorOptions } from './types.ts';

const FAULT_SHARE = 0.002;
/** Delivered minutes after they happened, as CloudTrail now and then does. */
const LATE_SHARE = 0.01;
const LATE_MS = [120_000, 1_200_000] as const;
/** Everything is out of order by up to some seconds. */
const JITTER_MS = 4_000;
const FAR_FUTURE_MS = 400 * 86_400_000;

/** Makes the text of an event that happened at `time`; spoiled where `fault` says so. */
export type Compose = (random: Random, time: number, fault: Fault | null) => string;

/**
 * Events in the order of their delivery, with late ones, disorder and a few faults among them.
 * The same options always give the same events.
 */
export function* generate(
  options: GeneratorOptions,
  composer: (random: Random) => Compose,
): Generator<GeneratedEvent> {
  const random = createRandom(options.seed);
  const compose = composer(random);
  const count = options.count ?? Number.POSITIVE_INFINITY;
  let delivered = options.start;
  for (let i = 0; i < count; i++) {
    delivered += options.interval;
    const delay = random.chance(LATE_SHARE) ? random.int(...LATE_MS) : random.int(0, JITTER_MS);
    const time = Math.floor(delivered) - delay;
    const fault = random.chance(FAULT_SHARE) ? random.pick(FAULTS) : null;
    const text = compose(random, fault === 'farFuture' ? time + FAR_FUTURE_MS : time, fault);
    const partitionKey = random.uuid();
    if (fault === 'damagedAggregate') {
      yield { time, fault, partitionKey, data: damagedAggregate(random, text), alone: true };
    } else {
      yield { time, fault, partitionKey, data: Buffer.from(text) };
    }
  }
}

/** An aggregate of two events with one byte changed on the way. */
function damagedAggregate(random: Random, text: string): Buffer {
  const record = { partitionKey: 'a', data: Buffer.from(text) };
  const { data } = encodeAggregate([record, record]);
  // Not within the four magic bytes: it shall still look like an aggregate.
  const at = random.int(4, data.length - 1);
  data[at] = data[at]! ^ 0xff;
  return data;
}
