import { COLUMN } from './column-rules.ts';
import { DELIVERY } from './delivery-rules.ts';
import { FORMAT } from './format-rules.ts';
import { HTTP, INGEST } from './ingest-rules.ts';
import { LOAD } from './load-rules.ts';
import type { ObjectRule } from './rules.ts';
import { SCALING } from './scaling-rules.ts';
import { SOURCE } from './source-rules.ts';
import { UPSERT } from './upsert-rules.ts';

/** Lower case, because it becomes part of stream, function and bucket names. */
const NAMES = '^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$';
const NAMES_ARE = 'lower case letters, digits and hyphens, at most 32 characters';

const OUTPUT = {
  kind: 'object',
  keys: {
    table: {
      // https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
      rule: {
        kind: 'text',
        pattern: '^[A-Za-z0-9_.-]{3,200}$',
        is: '3 to 200 letters, digits, "_", "-" and "."',
      },
      required: true,
      about: 'The DynamoDB table for the rows, created by this service. Outputs may share a table.',
    },
    keep: {
      rule: { kind: 'duration', min: '1m', max: '36500d', words: ['forever'] },
      default: 'forever',
      about: 'How long a row is kept past the end of its window.',
    },
    spread: {
      rule: { kind: 'whole', min: 1, max: 16 },
      default: 4,
      about:
        "Over how many partitions one window's rows are spread; more takes more writes a second, and as many queries to read a window.",
    },
    stream: { rule: { kind: 'notBuilt' }, about: 'Rows into a Kinesis stream.' },
  },
} as const satisfies ObjectRule;

const STREAM = {
  kind: 'object',
  exactlyOne: ['shards', 'arn'],
  keys: {
    shards: {
      rule: { kind: 'whole', min: 1, max: 10_000 },
      about: 'Create the stream with this many shards.',
    },
    arn: {
      rule: {
        kind: 'text',
        pattern: '^arn:aws[a-z-]*:kinesis:[a-z0-9-]+:[0-9]{12}:stream/[A-Za-z0-9_.-]{1,128}$',
        is: 'the ARN of a Kinesis stream, such as arn:aws:kinesis:eu-west-1:123456789012:stream/clicks',
      },
      about: 'Read a stream that exists, instead of creating one.',
    },
    // https://docs.aws.amazon.com/kinesis/latest/APIReference/API_IncreaseStreamRetentionPeriod.html
    retention: {
      rule: { kind: 'duration', min: '24h', max: '8760h' },
      default: '24h',
      about:
        'How long the stream keeps its records (24h to 365d). With `arn`: what that stream is set to.',
    },
    format: {
      rule: FORMAT,
      required: true,
      about:
        'What one record holds; csv and syslog can have options: `{ csv: { delimiter: ";" } }`.',
    },
    compression: {
      rule: { kind: 'choice', of: ['none', 'gzip'] },
      default: 'none',
      about: 'gzip: each record is gzipped as a whole. (cloudwatch-logs always may be.)',
    },
    producer: {
      rule: { kind: 'choice', of: ['kpl', 'other'] },
      default: 'other',
      about:
        'kpl: written by the Kinesis Producer Library, which re-sends records that reached the wrong shard during a reshard; such copies are dropped.',
    },
    scaling: { rule: SCALING, about: 'Resharding by load.' },
    ingest: { rule: INGEST, about: 'Take records over HTTP: POST /<stream>.' },
    load: {
      rule: LOAD,
      about:
        'What producers put. sluice check then says how many shards that needs and in which mode it is cheaper.',
    },
    sources: {
      rule: { kind: 'map', what: 'source', names: NAMES, namesAre: NAMES_ARE, of: SOURCE },
      about: 'What AWS services put into the stream.',
    },
  },
} as const satisfies ObjectRule;

export const APPLICATION = {
  kind: 'object',
  keys: {
    stream: {
      rule: { kind: 'text', pattern: '^\\S+$', is: 'the name of a stream of this file' },
      required: true,
      about: 'The stream that the program reads.',
    },
    sql: {
      rule: { kind: 'text', pattern: '^.+\\.sql$', is: 'the path of an .sql file' },
      required: true,
      about: 'The program, relative to this file.',
    },
    schema: {
      rule: {
        kind: 'map',
        what: 'column',
        names: '^.{1,128}$',
        namesAre: 'at most 128 characters',
        of: COLUMN,
      },
      required: true,
      about: 'The columns of the source stream.',
    },
    batch: {
      rule: {
        kind: 'object',
        keys: {
          // https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-parameters.html
          size: {
            rule: { kind: 'whole', min: 1, max: 10_000 },
            default: 2000,
            about: 'At most this many records for one invocation.',
          },
          window: {
            rule: { kind: 'duration', min: '0s', max: '300s' },
            default: '10s',
            about: 'Wait at most this long for a batch to fill.',
          },
        },
      },
      default: {},
      about: 'How records are gathered before the function is invoked.',
    },
    lateness: {
      rule: { kind: 'duration', min: '0s', max: '3650d', words: ['unlimited'] },
      default: '1h',
      about:
        'A record that arrives later than this past the end of its window is set aside as late. unlimited needs outputs with `keep: forever`.',
    },
    skew: {
      rule: { kind: 'duration', min: '0s', max: '7d' },
      default: '5m',
      about: 'How far an event time may lie ahead of the arrival; beyond it the record is a fault.',
    },
    parallelization: {
      rule: {
        kind: 'only',
        value: 1,
        reason:
          'with more than one batch of a shard at a time, order holds per partition key only, and the fences that make results exact would skip records silently (and with `state: window` Lambda itself takes no other value)',
      },
      default: 1,
      about: 'Batches of one shard at a time.',
    },
    outputs: {
      rule: {
        kind: 'map',
        what: 'output',
        names: '^.{1,128}$',
        namesAre: 'at most 128 characters',
        of: OUTPUT,
      },
      required: true,
      about:
        'The in-application streams that are kept, under the names that SQL stores: upper case unless quoted.',
    },
    state: {
      rule: {
        kind: 'object',
        word: 'window',
        keys: {
          // https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-windows.html
          window: {
            rule: { kind: 'duration', min: '1s', max: '900s' },
            default: '60s',
            about: 'How long Lambda gathers before a row is written; windows go by arrival.',
          },
        },
      },
      about:
        'window: Lambda keeps the groups of a shard between invocations, and each is written once when the window ends instead of once for every batch. Fewer writes; rows appear up to a window later.',
    },
  },
} as const satisfies ObjectRule;

/** All of streams.yml. */
export const STREAMS_FILE = {
  kind: 'object',
  keys: {
    streams: {
      rule: { kind: 'map', what: 'stream', names: NAMES, namesAre: NAMES_ARE, of: STREAM },
      required: true,
      about: 'The Kinesis streams.',
    },
    applications: {
      rule: {
        kind: 'map',
        what: 'application',
        names: NAMES,
        namesAre: NAMES_ARE,
        of: APPLICATION,
      },
      about: 'SQL programs, each bound to one stream.',
    },
    deliveries: {
      rule: { kind: 'map', what: 'delivery', names: NAMES, namesAre: NAMES_ARE, of: DELIVERY },
      about: 'Firehose deliveries: streams into S3, Redshift or OpenSearch.',
    },
    upserts: {
      rule: { kind: 'map', what: 'upsert', names: NAMES, namesAre: NAMES_ARE, of: UPSERT },
      about: 'Rows that other engines have made, merged into tables.',
    },
    http: { rule: HTTP, about: 'What all streams with `ingest` have in common.' },
  },
} as const satisfies ObjectRule;
