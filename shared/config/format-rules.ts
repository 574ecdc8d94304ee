import { FORMAT_NAMES } from '../records/types.ts';
import type { ChoiceRule, ObjectRule } from './rules.ts';

const CHARACTER = {
  kind: 'text',
  pattern: '^[\\t -~]$',
  is: 'one ASCII character ("\\t" is a tab)',
} as const;

const CSV = {
  kind: 'object',
  keys: {
    columns: {
      rule: {
        kind: 'list',
        what: 'name',
        of: { kind: 'text', pattern: '^.{1,128}$', is: 'the name of a field' },
      },
      about: 'The fields of a line, in its order. Default: the columns of the schema.',
    },
    header: {
      rule: { kind: 'choice', of: ['none', 'first-line'] },
      about: 'first-line: the first line of each record names the fields.',
    },
    delimiter: { rule: CHARACTER, default: ',', about: 'What stands between two fields.' },
    quote: { rule: CHARACTER, default: '"', about: 'What stands around a field.' },
  },
} as const satisfies ObjectRule;

const SYSLOG = {
  kind: 'object',
  keys: {
    offset: {
      rule: {
        kind: 'text',
        pattern: '^(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])$',
        is: 'Z or an offset such as "+02:00"',
      },
      default: 'Z',
      about: 'The offset from UTC of times that say none (RFC 3164).',
    },
  },
} as const satisfies ObjectRule;

/** What a record holds: docs/formats.md. */
export const FORMAT = {
  kind: 'choice',
  of: FORMAT_NAMES,
  with: { csv: CSV, syslog: SYSLOG },
} as const satisfies ChoiceRule;
