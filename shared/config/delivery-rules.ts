import { FORMAT_NAMES } from '../records/types.ts';
import { COLUMN } from './column-rules.ts';
import type { ObjectRule, TextRule } from './rules.ts';

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
const BUCKET: TextRule = {
  kind: 'text',
  pattern: '^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$',
  is: 'the name of an S3 bucket',
};

/** https://docs.aws.amazon.com/firehose/latest/dev/s3-prefixes.html */
const PREFIX: TextRule = {
  kind: 'text',
  pattern: '^(?!/).{1,1024}$',
  is: 'the beginning of object keys, at most 1,024 characters, without a slash in front',
};

const TRANSFORM = {
  kind: 'object',
  short: 'format',
  exactlyOne: ['format', 'application', 'sql', 'handler'],
  keys: {
    format: {
      rule: { kind: 'choice', of: FORMAT_NAMES },
      about:
        "The format of the stream's records: each row of it becomes one line of JSON, with all that the record holds.",
    },
    application: {
      rule: { kind: 'text', pattern: '^\\S+$', is: 'the name of an application of this file' },
      about: 'Each row becomes one line of JSON with the columns of this application.',
    },
    sql: {
      rule: { kind: 'text', pattern: '^.+\\.sql$', is: 'the path of an .sql file' },
      about:
        'A program that filters, renames, casts and derives, relative to this file. No GROUP BY: a delivery keeps no state.',
    },
    schema: {
      rule: {
        kind: 'map',
        what: 'column',
        names: '^.{1,128}$',
        namesAre: 'at most 128 characters',
        of: COLUMN,
      },
      about: 'Only with sql: the columns of the source stream.',
    },
    output: {
      rule: { kind: 'text', pattern: '^.{1,128}$', is: 'the name of a stream of the program' },
      about: 'Only with sql: the stream whose rows are delivered. Not needed where there is one.',
    },
    handler: {
      rule: { kind: 'text', pattern: '^.+\\.ts$', is: 'the path of a .ts file' },
      about: 'A transformer of your own, relative to this file: see docs/deliveries.md.',
    },
  },
} as const satisfies ObjectRule;

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_BufferingHints.html */
const BUFFER = {
  kind: 'object',
  keys: {
    mb: {
      rule: { kind: 'whole', min: 1, max: 128 },
      default: 64,
      about: 'Write an object when this much has come, in MB.',
    },
    seconds: {
      rule: { kind: 'whole', min: 0, max: 900 },
      default: 300,
      about: 'Write an object after this time at the latest.',
    },
  },
} as const satisfies ObjectRule;

const BACKUP = {
  kind: 'object',
  short: 'bucket',
  keys: {
    bucket: {
      rule: BUCKET,
      required: true,
      about: 'The bucket for the records as they came, before they are transformed.',
    },
    prefix: { rule: PREFIX, about: 'Default: <delivery>-source/ and the hour.' },
  },
} as const satisfies ObjectRule;

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_RedshiftDestinationConfiguration.html */
const REDSHIFT = {
  kind: 'object',
  keys: {
    url: {
      rule: {
        kind: 'text',
        pattern: '^jdbc:(?:redshift|postgresql)://[^\\s/:]+:[0-9]{1,5}/[A-Za-z0-9_$-]+$',
        is: 'a JDBC URL such as jdbc:redshift://cluster.example.eu-west-1.redshift.amazonaws.com:5439/dev',
      },
      required: true,
      about: 'The cluster or workgroup, and the database.',
    },
    secret: {
      rule: {
        kind: 'text',
        pattern: '^arn:aws[a-z-]*:secretsmanager:[a-z0-9-]+:[0-9]{12}:secret:.+$',
        is: 'the ARN of a secret of Secrets Manager',
      },
      required: true,
      about: 'Holds username and password. No password stands in this file.',
    },
    table: {
      rule: { kind: 'text', pattern: '^[A-Za-z0-9_.$"]{1,512}$', is: 'the name of a table' },
      required: true,
      about: 'The table that the rows are copied into.',
    },
    columns: {
      rule: { kind: 'text', pattern: '^[A-Za-z0-9_$", ]{1,204800}$', is: 'a list of columns' },
      about: 'The columns of the table, separated by commas. Default: all.',
    },
    options: {
      rule: { kind: 'text', pattern: '^.{1,204800}$', is: 'options of the COPY command' },
      default: "json 'auto ignorecase' gzip",
      about: 'Options of the COPY command.',
    },
  },
} as const satisfies ObjectRule;

/** https://docs.aws.amazon.com/firehose/latest/APIReference/API_AmazonopensearchserviceDestinationConfiguration.html */
const OPENSEARCH = {
  kind: 'object',
  keys: {
    domain: {
      rule: {
        kind: 'text',
        pattern: '^arn:aws[a-z-]*:es:[a-z0-9-]+:[0-9]{12}:domain/[a-z][a-z0-9-]{2,27}$',
        is: 'the ARN of an OpenSearch Service domain',
      },
      required: true,
      about: 'The domain.',
    },
    index: {
      rule: {
        kind: 'text',
        pattern: '^[a-z0-9][a-z0-9_.-]{0,79}$',
        is: 'the name of an index in lower case',
      },
      required: true,
      about: 'The index.',
    },
    rotation: {
      rule: { kind: 'choice', of: ['none', 'hour', 'day', 'week', 'month'] },
      default: 'day',
      about: 'How often a new index is begun.',
    },
    backup: {
      rule: { kind: 'choice', of: ['failed', 'all'] },
      default: 'failed',
      about: 'Which documents go to the bucket as well.',
    },
  },
} as const satisfies ObjectRule;

export const DELIVERY = {
  kind: 'object',
  keys: {
    stream: {
      rule: { kind: 'text', pattern: '^\\S+$', is: 'the name of a stream of this file' },
      required: true,
      about: 'The stream whose records are delivered.',
    },
    transform: { rule: TRANSFORM, about: 'What becomes of a record. Default: it stays as it is.' },
    bucket: { rule: BUCKET, about: 'A bucket that exists. Default: one made by this service.' },
    prefix: {
      rule: PREFIX,
      about:
        'Begins the keys of objects; !{timestamp:…} and !{partitionKeyFromLambda:…} are filled in. Default: <delivery>/ and the hour.',
    },
    errors: {
      rule: PREFIX,
      about: 'The same for what could not be delivered. Default: <delivery>-failed/.',
    },
    files: {
      rule: { kind: 'choice', of: ['lines', 'parquet'] },
      default: 'lines',
      about:
        'lines as the transformer gives them, or Parquet with the columns of the application or the program.',
    },
    compression: {
      rule: { kind: 'choice', of: ['none', 'gzip', 'zip', 'snappy', 'hadoop-snappy'] },
      about: 'How objects are compressed. Default: gzip; Parquet compresses by itself.',
    },
    key: {
      rule: {
        kind: 'text',
        pattern: '^arn:aws[a-z-]*:kms:[a-z0-9-]+:[0-9]{12}:key/[A-Za-z0-9-]+$',
        is: 'the ARN of a KMS key',
      },
      about: "The KMS key that encrypts objects. Default: the bucket's own encryption.",
    },
    buffer: { rule: BUFFER, default: {}, about: 'How much is gathered for one object.' },
    backup: { rule: BACKUP, about: 'Keep the records also as they came.' },
    redshift: { rule: REDSHIFT, about: 'Copy into a Redshift table, by way of the bucket.' },
    opensearch: { rule: OPENSEARCH, about: 'Index in OpenSearch; the bucket takes what failed.' },
  },
} as const satisfies ObjectRule;
