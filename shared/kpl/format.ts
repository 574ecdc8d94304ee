/**
 * The KPL's aggregation format, shared by decoder and encoder:
 * https://github.com/awslabs/amazon-kinesis-producer/blob/master/aggregation-format.md
 */

/** The first four bytes of every aggregate. */
export const MAGIC = Buffer.from([0xf3, 0x89, 0x9a, 0xc2]);

/** Length of the trailing MD5, which covers the protobuf message only. */
export const MD5_BYTES = 16;

/** Tags (field number * 8 + wire type) of AggregatedRecord. */
export const PARTITION_KEY_TABLE = 0x0a;
export const EXPLICIT_HASH_KEY_TABLE = 0x12;
export const RECORDS = 0x1a;

/** Tags of Record. */
export const PARTITION_KEY_INDEX = 0x08;
export const EXPLICIT_HASH_KEY_INDEX = 0x10;
export const DATA = 0x1a;
export const TAGS = 0x22;

/** Tag of Tag.key, its only required field. */
export const TAG_KEY = 0x0a;
