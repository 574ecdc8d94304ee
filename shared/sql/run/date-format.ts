import { dayOfMonth, dayOfWeek, floorDay, monthOf } from './calendar.ts';
import { DAYS, MONTHS, short } from './date-names.ts';
import type { Letter, Token } from './date-pattern.ts';
import { padded } from './iso-time.ts';

type Format = (time: number) => string;

/** The count of letters is the least number of digits; four letters of a name give all of it. */
export function dateFormat(tokens: readonly Token[]): Format {
  const parts = tokens.map((token) => {
    if (token.letter === null) return () => token.text;
    return partFormat(token.letter, token.count);
  });
  return (time) => {
    let text = '';
    for (const part of parts) text += part(time);
    return text;
  };
}

function partFormat(letter: Letter, count: number): Format {
  const number = NUMBERS[letter];
  if (letter === 'y' && count === 2) return (time) => padded(NUMBERS.y!(time) % 100, 2);
  if (letter === 'M' && count > 2) return nameFormat(MONTHS, (time) => NUMBERS.M!(time) - 1, count);
  if (letter === 'E') return nameFormat(DAYS, dayOfWeek, count);
  if (number !== undefined) return (time) => padded(number(time), count);
  if (letter === 'a') return (time) => (NUMBERS.H!(time) < 12 ? 'AM' : 'PM');
  const zone = letter === 'X' ? 'Z' : letter === 'Z' ? '+0000' : zoneName(count);
  return () => zone;
}

function zoneName(count: number): string {
  return count < 4 ? 'UTC' : 'Coordinated Universal Time';
}

function nameFormat(
  names: readonly string[],
  index: (time: number) => number,
  count: number,
): Format {
  const shown = count < 4 ? names.map(short) : names;
  return (time) => shown[index(time)]!;
}

const NUMBERS: Readonly<Partial<Record<Letter, (time: number) => number>>> = {
  y: (time) => 1970 + Math.floor(monthOf(time) / 12),
  M: (time) => {
    const month = monthOf(time);
    return month - Math.floor(month / 12) * 12 + 1;
  },
  d: dayOfMonth,
  H: (time) => Math.floor(ofDay(time) / 3_600_000),
  h: (time) => ((Math.floor(ofDay(time) / 3_600_000) + 11) % 12) + 1,
  m: (time) => Math.floor(ofDay(time) / 60_000) % 60,
  s: (time) => Math.floor(ofDay(time) / 1000) % 60,
  S: (time) => ofDay(time) % 1000,
};

function ofDay(time: number): number {
  return time - floorDay(time);
}
