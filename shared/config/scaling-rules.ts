import { DEFAULT_LIMITS } from '../scaling/policy.ts';
import type { ObjectRule } from './rules.ts';

/** How a stream is resharded by load. */
export const SCALING = {
  kind: 'object',
  keys: {
    min: {
      rule: { kind: 'whole', min: 1, max: 10_000 },
      default: DEFAULT_LIMITS.min,
      about: 'Never fewer open shards than this.',
    },
    max: {
      // https://docs.aws.amazon.com/kinesis/latest/APIReference/API_UpdateShardCount.html
      rule: { kind: 'whole', min: 1, max: 10_000 },
      default: DEFAULT_LIMITS.max,
      about: 'Never more open shards than this.',
    },
    target: {
      rule: { kind: 'decimal', min: 0.1, max: 0.95 },
      default: DEFAULT_LIMITS.target,
      about: 'How full a shard should be, of bytes or records whichever is more: 0.8 is 80 %.',
    },
    mode: {
      rule: { kind: 'choice', of: ['on', 'dry-run', 'off'] },
      default: 'on',
      about:
        'dry-run: every decision is logged and counted, none is carried out. off: no scaler is deployed.',
    },
    topic: {
      rule: {
        kind: 'text',
        pattern: '^arn:aws[a-z-]*:sns:[a-z0-9-]+:[0-9]{12}:[A-Za-z0-9_-]{1,256}$',
        is: 'the ARN of an SNS topic, such as arn:aws:sns:eu-west-1:123456789012:alarms',
      },
      about: 'A topic of your own alarms that shall wake the scaler too.',
    },
  },
} as const satisfies ObjectRule;
