import { suggest } from '../sql/suggest.ts';
import { mendDuration, parseDuration } from './duration.ts';
import type { DurationRule, ListRule, MapRule, NotBuiltRule, ObjectRule, Rule } from './rules.ts';
import { parseSqlType } from './sql-type.ts';

type ScalarRule = Exclude<Rule, ObjectRule | MapRule | ListRule | NotBuiltRule>;

/** Reports what is wrong with the value, behind its name, and what to write instead. */
export type Refuse = (what: string, hint?: string | null) => undefined;

/** Reads one value as its rule wants it: a duration becomes milliseconds. */
export function readScalar(value: unknown, rule: ScalarRule, refuse: Refuse): unknown {
  switch (rule.kind) {
    case 'whole':
    case 'only': {
      if (typeof value !== 'number' || !Number.isSafeInteger(value)) {
        return refuse(`has to be a whole number, not ${shown(value)}`);
      }
      if (rule.kind === 'only') {
        return value === rule.value ? value : refuse(`has to be ${rule.value}: ${rule.reason}`);
      }
      if (value >= rule.min && value <= rule.max) return value;
      return refuse(`has to be from ${rule.min} to ${rule.max}, not ${value}`);
    }
    case 'decimal': {
      if (typeof value !== 'number') return refuse(`has to be a number, not ${shown(value)}`);
      if (value >= rule.min && value <= rule.max) return value;
      return refuse(`has to be from ${rule.min} to ${rule.max}, not ${value}`);
    }
    case 'duration':
      return readDuration(value, rule, refuse);
    case 'choice': {
      if (typeof value === 'string' && rule.of.includes(value)) return value;
      const near = suggest(String(value), rule.of);
      const what = `has to be one of ${rule.of.join(', ')}, not ${shown(value)}`;
      return refuse(what, near && `did you mean ${near}?`);
    }
    case 'text': {
      if (typeof value !== 'string') return refuse(`has to be text, not ${shown(value)}`);
      return new RegExp(rule.pattern).test(value)
        ? value
        : refuse(`has to be ${rule.is}, not ${shown(value)}`);
    }
    case 'sqlType': {
      if (typeof value !== 'string') return refuse(`has to be an SQL type, not ${shown(value)}`);
      const type = parseSqlType(value);
      return 'wrong' in type ? refuse(`is wrong: ${type.wrong}`) : value;
    }
  }
}

function readDuration(value: unknown, rule: DurationRule, refuse: Refuse) {
  if (typeof value === 'string' && rule.words?.includes(value)) return value;
  const or = rule.words ? ` or ${rule.words.join(' or ')}` : '';
  if (typeof value === 'number') {
    return refuse(`needs a unit (s, m, h, d)${or}`, `such as ${value}s or ${value}h`);
  }
  const ms = typeof value === 'string' ? parseDuration(value) : null;
  if (ms === null) {
    const mended = typeof value === 'string' ? mendDuration(value) : null;
    const near = suggest(String(value), rule.words ?? []);
    const hint = mended ? `write ${mended}` : near && `did you mean ${near}?`;
    return refuse(
      `has to be a whole number with a unit (s, m, h, d), such as ${rule.max}${or}, not ${shown(value)}`,
      hint,
    );
  }
  if (ms < parseDuration(rule.min)! || ms > parseDuration(rule.max)!) {
    return refuse(`has to be from ${rule.min} to ${rule.max}, not ${shown(value)}`);
  }
  return ms;
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}
