import { UPSERT_COLUMN } from './column-rules.ts';
import { FORMAT } from './format-rules.ts';
import type { ListRule, ObjectRule } from './rules.ts';

const COLUMNS: ListRule = {
  kind: 'list',
  what: 'column',
  of: { kind: 'text', pattern: '^.{1,128}$', is: 'the name of a column' },
};

/** Rows that another engine has made, on their way into a table. */
export const UPSERT = {
  kind: 'object',
  exactlyOne: ['stream', 'format'],
  keys: {
    stream: {
      rule: { kind: 'text', pattern: '^\\S+$', is: 'the name of a stream of this file' },
      about: 'The stream that the rows are written to.',
    },
    format: {
      rule: FORMAT,
      about:
        'Instead of a stream: the format of the rows with which somebody invokes the function.',
    },
    table: {
      rule: {
        kind: 'text',
        pattern: '^[A-Za-z0-9_.-]{3,200}$',
        is: '3 to 200 letters, digits, "_", "-" and "."',
      },
      required: true,
      about: 'The DynamoDB table for the rows, created by this service. It may be shared.',
    },
    key: {
      rule: {
        kind: 'object',
        keys: {
          partition: { rule: COLUMNS, required: true, about: 'Columns that are queried together.' },
          sort: { rule: COLUMNS, about: 'Columns that tell rows of a partition apart, in order.' },
        },
      },
      required: true,
      about: 'The columns that say which rows are one.',
    },
    columns: {
      rule: {
        kind: 'map',
        what: 'column',
        names: '^.{1,128}$',
        namesAre: 'at most 128 characters',
        of: UPSERT_COLUMN,
      },
      required: true,
      about: 'The columns of the rows.',
    },
    version: {
      rule: { kind: 'text', pattern: '^.{1,128}$', is: 'the name of a column' },
      about: 'The column by which a row is newer than another: the higher one replaces.',
    },
    keep: {
      rule: { kind: 'duration', min: '1m', max: '36500d', words: ['forever'] },
      default: 'forever',
      about: 'How long a row is kept after the last change that came for it.',
    },
    batch: {
      rule: {
        kind: 'object',
        keys: {
          // https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
          size: {
            rule: { kind: 'whole', min: 1, max: 10_000 },
            default: 500,
            about: 'At most this many records for one invocation.',
          },
          window: {
            rule: { kind: 'duration', min: '0s', max: '300s' },
            default: '1s',
            about: 'Wait at most this long for a batch to fill.',
          },
        },
      },
      default: {},
      about: 'Only with stream: how records are gathered before the function is invoked.',
    },
  },
} as const satisfies ObjectRule;
