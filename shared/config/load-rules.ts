import type { ObjectRule } from './rules.ts';

/** What the user expects producers to put into a stream. */
export const LOAD = {
  kind: 'object',
  keys: {
    records: {
      rule: { kind: 'whole', min: 1, max: 1_000_000_000 },
      required: true,
      about: 'Records a second, on the mean.',
    },
    bytes: {
      // https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
      rule: { kind: 'whole', min: 1, max: 10_485_760 },
      required: true,
      about: 'Of one record with its partition key.',
    },
  },
} as const satisfies ObjectRule;
