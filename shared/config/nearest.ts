/** The candidate that a name is most likely a slip of, null when none is close. */
export { suggest as nearest } from '../sql/suggest.ts';
