import { RowError } from '../errors.ts';
import { checkTime, dateStart, timeOfDay } from './calendar.ts';
import { type Fields, letterStep, newFields, type Step } from './date-fields.ts';
import type { Token } from './date-pattern.ts';

/**
 * A parser for the tokens of a pattern. Values must be in the range of their letter, text that
 * stands for itself must be there as it is; what follows the pattern is ignored (SR: char-to-timestamp).
 */
export function dateParse(tokens: readonly Token[], pattern: string): (text: string) => number {
  const steps = tokens.map((token, i) => {
    if (token.letter === null) return literalStep(token.text);
    const isFixed = isNumeric(tokens[i - 1]) || isNumeric(tokens[i + 1]);
    return letterStep(
      token.letter,
      token.count,
      isNumeric(token) && isFixed ? token.count : LONGEST,
    );
  });
  return (text) => {
    const fields = newFields();
    let at = 0;
    for (const step of steps) {
      at = step(text, at, fields);
      if (at < 0) break;
    }
    const time = at < 0 ? Number.NaN : timeOf(fields);
    if (Number.isNaN(time)) {
      throw new RowError('CAST', `a text is not a time of the pattern '${pattern}'`);
    }
    return checkTime(time);
  };
}

/** More digits than this are no field of a time. */
const LONGEST = 18;

function timeOf(fields: Fields): number {
  const { hour, halfDayHour, afternoon, minute, second, ms } = fields;
  const hours = hour < 0 ? halfDayHour + (afternoon ? 12 : 0) : hour;
  const day = dateStart(fields.year, fields.month, fields.day);
  return day + timeOfDay(hours, minute, second, ms) - fields.zone * 60_000;
}

/** Letters whose text is digits: side by side, each takes as many as it has letters. */
function isNumeric(token: Token | undefined): boolean {
  if (token === undefined || token.letter === null) return false;
  return token.letter === 'M' ? token.count < 3 : 'ydHhmsS'.includes(token.letter);
}

function literalStep(wanted: string): Step {
  return (text, at) => (text.startsWith(wanted, at) ? at + wanted.length : -1);
}
