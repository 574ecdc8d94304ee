/**
 * All constants of the scaler's judgement, in one place. They were chosen by `npm run bench:scaling`
 * over all of its traces together; change one and run it again.
 */
const MINUTE_MS = 60_000;

/** What a user may set, and gets otherwise. */
export const DEFAULT_LIMITS = { min: 1, max: 16, target: 0.85 };

/**
 * A shard is hot above this part of the way from the target to full. Sizing to the target and acting
 * only here is what keeps a steady load from being resized again and again.
 */
export const HOT_BAND = 0.75;

/** More of what producers send being throttled than this is hot, whatever the minute's average says. */
export const THROTTLED_SHARE = 0.01;
/** This part or less of the minute before is turned away: producers' queues are emptying. */
export const DRAINING = 0.95;
/** Records turned away while the mean shard is less full than this: it is some of the shards, not all. */
export const FULL_STREAM = 0.9;
/** A minute in which an operation ended counts for what it turned away if it filled the new shards so far. */
export const FILLED_AGAIN = 0.8;
/** So long heat has to show which; after that it is bursts shorter than a minute, in all of them. */
export const BURST_MINUTES = 5;

/**
 * Equal shards whose hottest has at most this many times the mean are even: MD5 spreads many keys
 * within a few percent, and the sample behind the heat is off by about as much again.
 */
export const EVEN_SKEW = 1.25;

/** So many of the shards hot at once: one uniform update helps sooner than a split for each. */
export const MANY_HOT = 0.4;

/** One update gains at least this: ten a day have to bring a stream up to its day and down again. */
export const LEAST_GROWTH = 1.25;
export const LEAST_SHRINK = 0.75;

/** Updates of the day that are kept for growing: shrinking saves cents, throttling loses time. */
export const UPDATES_KEPT_FOR_GROWTH = 1;

/**
 * Ranges that were cut for an uneven load are made equal again only when it has been even for so long:
 * a key that is hot by day sleeps at night.
 */
export const EVEN_AGAIN_MS = 24 * 60 * MINUTE_MS;

/** Before shrinking, the highest minute of this long has to fit. Quick down and up again costs two operations. */
export const SHRINK_WINDOW_MS = 12 * MINUTE_MS;
/** And so long after the last growth: of all shards; of some, where others merge. */
export const SHRINK_AFTER_GROWTH_MS = 20 * MINUTE_MS;
export const MERGE_AFTER_GROWTH_MS = 2 * MINUTE_MS;
/** And so long after the last shrinking: by a uniform update, which is one of ten; by a merge. */
export const SHRINK_AFTER_UPDATE_MS = 20 * MINUTE_MS;
export const SHRINK_AFTER_MERGE_MS = 2 * MINUTE_MS;

/** Shrinking may fill a shard to this part of the way from the target to hot. */
export const SHRINK_BAND = 0.85;
/**
 * But this much below hot at least, also where the target is close to full: the minutes of a load that
 * trembles by 6 % rise by about as much above the highest of the twelve before.
 */
export const LEAST_BAND = 0.0165;

/** Two halves of one shard merge before others only below this part of what a merge may fill. */
export const SIBLINGS_BELOW = 0.5;
/** Three shards go into two if they fill them to this part of it: there are two merges to come. */
export const SHIFT_SLACK = 0.95;

/**
 * Consumers further behind than this do not lose shards: a shard is a lane, and fewer lanes catch up
 * slower. The archived AWS solution alarms at the same minute.
 */
export const LAG_MS = MINUTE_MS;

/** The trend is taken over so many minutes, and carried on for what a decision takes to have effect. */
export const TREND_MINUTES = 7;
/** Less so many standard errors of its slope. */
export const TREND_DOUBT = 2.5;
export const TREND_AHEAD_MINUTES = 4;

/** Heat forgets half in this time: long enough for a steady sample, short enough for a new hot key. */
export const HEAT_HALF_LIFE_MS = 5 * MINUTE_MS;
/** A cell of heat holds about a 64th of what its writer sees; a shard is cut to within 2 % of its load. */
export const HEAT_CELLS = 64;
/** Below this many records of weight, heat says nothing. */
export const HEAT_RECORDS = 200;

/** A key with this part of a shard's load cannot be relieved by halving: it is cut out. */
export const KEY_SHARE = 0.5;
/** A key that needs this part of a whole shard is worth telling people about. */
export const KEY_WORTH_SALTING = 0.5;

/** Above this utilisation a shard is hot, for a target such as 0.8. */
export function hotAbove(target: number): number {
  return target + (1 - target) * HOT_BAND;
}

/** And so far shrinking may fill it, by the highest minute of the window. */
export function shrinkBelow(target: number): number {
  const hot = hotAbove(target);
  return Math.min(target + (hot - target) * SHRINK_BAND, hot - LEAST_BAND);
}
