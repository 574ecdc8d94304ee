import type { Random } from '../random.ts';
import type { Consumer, Surroundings } from './consumer.ts';
import { ownHandler } from './own-handler.ts';
import { upsert } from './upsert.ts';

/** So many worlds have another consumer: more would show more, and take longer. */
const SHARE = 0.25;

/** The consumer beside the application; null in most worlds. */
export function chooseConsumer(random: Random, surroundings: Surroundings): Consumer | null {
  if (!random.chance(SHARE)) return null;
  return random.pick([ownHandler, upsert])(surroundings);
}
