import type { ObjectRule } from './rules.ts';

/** A column of a source stream. */
export const COLUMN = {
  kind: 'object',
  short: 'type',
  keys: {
    type: { rule: { kind: 'sqlType' }, required: true, about: 'The SQL type of the column.' },
    path: {
      rule: { kind: 'text', pattern: '^\\S(?:.*\\S)?$', is: 'a path such as $.user.name' },
      about:
        'Where the value stands in the record, as JSONPath. Default: $.<column>; for the formats apache, csv and syslog the name of the field, default the name of the column.',
    },
    unit: {
      rule: { kind: 'choice', of: ['iso', 's', 'ms', 'us'] },
      about:
        'TIMESTAMP only, how the time is written: ISO 8601 text (the default), or a number of seconds, milliseconds or microseconds since 1970.',
    },
  },
} as const satisfies ObjectRule;

/** The tables' own attributes, and what begins like one. */
export const RESERVED_COLUMN = /^(?:pk|sk|expires|rows|_.*)$/;
/** An update expression holds 4 KB: developerguide/Constraints.html#limits-expression-parameters */
export const MOST_COLUMNS = 100;

/** A column of the rows that an upsert takes. */
export const UPSERT_COLUMN = {
  ...COLUMN,
  keys: {
    ...COLUMN.keys,
    merge: {
      rule: { kind: 'choice', of: ['replace', 'add', 'min', 'max'] },
      about:
        'How values for the same key become one: replace by that of the highest version (the default), add, min or max.',
    },
  },
} as const satisfies ObjectRule;
