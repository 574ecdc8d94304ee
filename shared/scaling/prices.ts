/**
 * What Kinesis Data Streams costs in us-east-1, in US dollars: https://aws.amazon.com/kinesis/data-streams/pricing/
 * The only place where prices stand. Other regions differ by up to a half; the proportions hardly do.
 */
export const PRICES = {
  asOf: '2026-11',
  region: 'us-east-1',
  provisioned: {
    shardHour: 0.015,
    /** PUT payload units of 25 KB, each record at least one. */
    millionPutUnits: 0.014,
  },
  onDemand: {
    streamHour: 0.04,
    /** A record counts as a multiple of 1 KB. */
    gigabyteIn: 0.08,
    gigabyteOut: 0.04,
  },
  /** On-demand Advantage: an account's commitment, by AWS worth it from about 10 MiB/s in all streams. */
  onDemandAdvantage: {
    gigabyteIn: 0.032,
    gigabyteOut: 0.016,
  },
} as const;

/** 730 hours. */
export const MONTH_SECONDS = 730 * 3_600;
