import { hash } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type Delivery,
  type DeliveryPorts,
  startDelivery,
} from '../../../local/firehose/delivery.ts';
import type { DeliverySettings, ObjectStore, Transform } from '../../../local/firehose/types.ts';
import { createMemoryStream } from '../../../local/mapping/memory-source.ts';
import { realClock } from '../../../local/real-clock.ts';
import { encodeAggregate } from '../../../shared/kpl/encode.ts';

const SHARDS = ['shardId-000000000000', 'shardId-000000000001'] as const;
const SETTINGS: DeliverySettings = {
  name: 'sluice-test-archive',
  streamArn: 'arn:aws:kinesis:us-east-1:000000000000:stream/s',
  region: 'us-east-1',
  prefix: 'data/!{timestamp:yyyy/MM/dd/HH}/',
  errorPrefix: 'failed/!{firehose:error-output-type}/',
  partitionKeys: [],
  compression: 'gzip',
  backupPrefix: null,
  batches: { bytes: 1024, ms: 20 },
  objects: { bytes: 4096, ms: 60 },
};
const running: Delivery[] = [];
afterEach(async () => {
  for (const delivery of running.splice(0)) await delivery.stop().catch(() => {});
});

interface MemoryStore extends ObjectStore {
  readonly objects: Map<string, Buffer>;
  lines(prefix: string): string[];
}

function memoryStore(): MemoryStore {
  const objects = new Map<string, Buffer>();
  return {
    objects,
    async put(key, bytes) {
      objects.set(key, key.endsWith('.gz') ? gunzipSync(bytes) : Buffer.from(bytes));
    },
    lines: (prefix) =>
      [...objects].flatMap(([key, content]) =>
        key.startsWith(prefix) ? content.toString().trimEnd().split('\n') : [],
      ),
  };
}

/** Puts texts by turns into the shards of a stream, and delivers them. */
function rig(ports: Partial<DeliveryPorts>, settings: Partial<DeliverySettings> = {}) {
  const source = createMemoryStream(realClock, SHARDS);
  const store = memoryStore();
  const start = (more: Partial<DeliveryPorts> = {}): Delivery => {
    const delivery = startDelivery({
      ...{ source, clock: realClock, transform: null, lambdaArn: null, store, backup: null },
      settings: { ...SETTINGS, ...settings },
      ...ports,
      ...more,
    });
    running.push(delivery);
    return delivery;
  };
  let count = 0;
  const put = (texts: readonly string[]): void => {
    for (const text of texts) source.put(SHARDS[count++ % 2]!, Buffer.from(text));
  };
  return { source, store, start, put };
}

function settled(delivery: Delivery): Promise<unknown> {
  return vi.waitUntil(() => delivery.settled(), { timeout: 20_000, interval: 20 });
}

const texts = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => `text ${i + from}`);

/** A table with one key, and no user record. */
function emptyAggregate(): Buffer {
  const content = Buffer.from('0a016b', 'hex');
  const magic = Buffer.from('f3899ac2', 'hex');
  return Buffer.concat([magic, content, hash('md5', content, 'buffer')]);
}

/** Gives the data with a ! and its first letter as a key; drops `drop …`, fails `fail …`. */
const shout: Transform = async (records) =>
  records.map(({ data }) => {
    const text = data.toString();
    if (text.startsWith('drop')) return { result: 'Dropped' };
    if (text.startsWith('fail')) {
      const errorCode = 'Lambda.ProcessingFailedStatus';
      const failure = {
        type: 'processing-failed',
        attemptsMade: 1,
        errorCode,
        errorMessage: '',
      } as const;
      return { result: 'Failed', failure } as const;
    }
    const keys = text.startsWith('none') ? {} : { first: text[0]! };
    return { result: 'Ok', data: Buffer.from(`${text}!\n`), keys };
  });

describe('a delivery', () => {
  it('brings every record of all shards into gzipped objects, each on a line', async () => {
    const { store, start, put } = rig({});
    put(texts(500));
    const delivery = start();
    await settled(delivery);
    expect(store.lines('data/').sort()).toEqual(texts(500).sort());
    const hour = new Date().toISOString().slice(0, 11).replaceAll(/[-T]/g, '/');
    for (const key of store.objects.keys()) {
      expect(key).toMatch(
        /^data\/\d{4}\/\d\d\/\d\d\/\d\d\/sluice-test-archive-1-(\d+-){6}[-\w]{36}\.gz$/,
      );
      expect(key.slice(5, 16)).toBe(hour);
    }
    expect(delivery.counts()).toMatchObject({ records: 500, dropped: 0, failed: 0 });
    expect(delivery.counts().objects).toBe(store.objects.size);
  });

  it('takes aggregates apart ahead of the transformer, and passes over an empty one', async () => {
    const seen: (number | null)[] = [];
    const transform: Transform = async (records) => {
      seen.push(...records.map(({ subSequenceNumber }) => subSequenceNumber));
      return shout(records);
    };
    const { source, store, start } = rig({ transform });
    const users = ['a', 'b', 'c'].map((text) => ({ partitionKey: 'k', data: Buffer.from(text) }));
    source.put(SHARDS[0], emptyAggregate());
    source.put(SHARDS[0], encodeAggregate(users).data);
    const last = source.put(SHARDS[0], Buffer.from('d'));
    const delivery = start();
    await settled(delivery);
    expect(store.lines('data/')).toEqual(['a!', 'b!', 'c!', 'd!']);
    expect(seen).toEqual([0, 1, 2, null]);
    expect(delivery.checkpoints.get(SHARDS[0])).toBe(last);
  });

  it('counts what is dropped, and writes what failed in the form of Firehose', async () => {
    const { store, start, put } = rig({ transform: shout, lambdaArn: 'arn:f:$LATEST' });
    put(['yes', 'drop it', 'fail it']);
    const delivery = start();
    await settled(delivery);
    expect(delivery.counts()).toMatchObject({ records: 1, dropped: 1, failed: 1 });
    const [line] = store.lines('failed/processing-failed/').map((text) => JSON.parse(text));
    expect(line).toEqual({
      attemptsMade: 1,
      arrivalTimestamp: expect.any(Number),
      errorCode: 'Lambda.ProcessingFailedStatus',
      errorMessage: '',
      attemptEndingTimestamp: expect.any(Number),
      rawData: Buffer.from('fail it').toString('base64'),
      lambdaArn: 'arn:f:$LATEST',
    });
    expect(line.attemptEndingTimestamp).toBeGreaterThanOrEqual(line.arrivalTimestamp);
  });

  it('gathers by partition, and sets aside what has no partition or one too many', async () => {
    const settings = {
      prefix: 'p=!{partitionKeyFromLambda:first}/',
      partitionKeys: ['first'],
      mostPartitions: 2,
    };
    const { source, store, start } = rig({ transform: shout }, settings);
    const fruits = ['apple', 'bean', 'none', 'cherry', 'avocado'];
    for (const fruit of fruits) source.put(SHARDS[0], Buffer.from(fruit));
    await settled(start());
    expect(store.lines('p=a/').sort()).toEqual(['apple!', 'avocado!']);
    const reasons = store.lines('failed/').map((text) => JSON.parse(text).errorCode);
    expect(reasons.sort()).toEqual([
      'DynamicPartitioning.ActivePartitionsLimitExceeded',
      'DynamicPartitioning.MetadataExtractionFailed',
    ]);
    const kinds = [...store.objects.keys()].map((key) => key.split('/').slice(0, -1).join('/'));
    expect(new Set(kinds)).toContain('failed/activePartitionExceeded');
    expect(new Set(kinds)).toContain('failed/dynamic-partitioning-failed');
  });

  it('keeps all records as they came, also those that are dropped or fail', async () => {
    const backup = memoryStore();
    const { start, put } = rig({ transform: shout, backup }, { backupPrefix: 'raw/' });
    put(['yes;', 'drop;', 'fail;']);
    await settled(start());
    const content = [...backup.objects.values()].join('');
    expect(content.split(';').sort()).toEqual(['', 'drop', 'fail', 'yes']);
    expect([...backup.objects.keys()][0]).toMatch(/^raw\/\d{4}\/\d\d\/\d\d\/\d\d\/.*\.gz$/);
  });

  it('keeps its checkpoint where the backup of a record cannot be written', async () => {
    const backup: ObjectStore = {
      put: async () => {
        throw new Error('EACCES');
      },
    };
    const { store, start, put } = rig({ backup }, { backupPrefix: 'raw/' });
    put(['one', 'two']);
    const delivery = start();
    await vi.waitUntil(() => store.lines('data/').length === 2);
    await expect(delivery.stop()).rejects.toThrow('EACCES');
    expect(delivery.checkpoints.size).toBe(0);
  });

  it('writes an object as soon as it is full, and the largest when all together are too much', async () => {
    const large = 'x'.repeat(1_000);
    const settings = { objects: { bytes: 3_000, ms: 600_000 }, batches: SETTINGS.batches };
    const full = rig({}, settings);
    full.put(Array.from({ length: 8 }, () => large));
    const delivery = full.start();
    await vi.waitUntil(() => full.store.objects.size === 2);
    expect(delivery.settled()).toBe(false);
    await delivery.stop();
    expect([...full.store.objects.values()].map(({ length }) => length)).toEqual([
      3003, 3003, 2002,
    ]);

    const partitions = {
      ...{ prefix: 'p=!{partitionKeyFromLambda:first}/', partitionKeys: ['first'] },
      ...{ objects: { bytes: 1e9, ms: 600_000 }, memoryBytes: 2_500 },
    };
    const crowded = rig({ transform: shout }, partitions);
    crowded.put(['a', 'b', 'c'].map((text) => text + large));
    crowded.start();
    await vi.waitUntil(() => crowded.store.objects.size === 1);
  });

  it('goes on from its checkpoints after it could not write: nothing is lost', async () => {
    const { store, start, put } = rig({});
    let isFull = true;
    const disk: ObjectStore = {
      put: async (key, bytes) => {
        if (isFull && store.objects.size > 0) throw new Error('ENOSPC');
        await store.put(key, bytes);
      },
    };
    const reasons: string[] = [];
    put(texts(50));
    const first = start({ store: disk, failed: (reason) => reasons.push(reason) });
    await settled(first);
    const written = new Map(first.checkpoints);
    put(texts(50, 50));
    await vi.waitUntil(() => reasons.length > 0);
    await expect(first.stop()).rejects.toThrow('ENOSPC');
    expect(reasons[0]).toBe('what was delivered cannot be written: ENOSPC');
    expect(first.checkpoints).toEqual(written);
    expect(store.lines('data/').sort()).toEqual(texts(50).sort());

    isFull = false;
    await settled(start({ store: disk, from: first.checkpoints }));
    expect(store.lines('data/').sort()).toEqual(texts(100).sort());
  });

  it('writes what is on its way when it is stopped', async () => {
    const settings = { batches: { bytes: 1e6, ms: 600_000 }, objects: { bytes: 1e6, ms: 600_000 } };
    const read: string[] = [];
    const { source, store, start, put } = rig({ transform: shout }, settings);
    const watched = {
      ...source,
      async getRecords(...args: Parameters<typeof source.getRecords>) {
        const answer = await source.getRecords(...args);
        read.push(...answer.records.map(({ sequenceNumber }) => sequenceNumber));
        return answer;
      },
    };
    put(texts(30));
    const delivery = start({ source: watched });
    await vi.waitUntil(() => read.length === 30);
    expect(store.objects.size).toBe(0);
    await delivery.stop();
    expect(store.lines('data/')).toHaveLength(30);
    expect([...delivery.checkpoints.values()]).toEqual(
      SHARDS.map((shard) => source.records(shard).at(-1)!.sequenceNumber),
    );
  });

  it('reads the children of a shard, and what the transformer puts back, before it is settled', async () => {
    const { source, store, start } = rig({});
    let isBack = false;
    const transform: Transform = async (records) => {
      if (!isBack) source.put('shardId-000000000002', Buffer.from('again'));
      isBack = true;
      return shout(records);
    };
    source.put(SHARDS[0], Buffer.from('parent'));
    source.reshard(SHARDS, ['shardId-000000000002']);
    source.put('shardId-000000000002', Buffer.from('child'));
    await settled(start({ transform }));
    expect(store.lines('data/').sort()).toEqual(['again!', 'child!', 'parent!']);
  });

  it('goes on where its checkpoints could not be kept', async () => {
    const { store, start, put } = rig({ transform: shout });
    const reasons: string[] = [];
    put(['drop it', 'drop it too']);
    start({
      failed: (reason) => reasons.push(reason),
      advanced: () => {
        if (reasons.length === 0) throw new Error('EROFS');
      },
    });
    await vi.waitUntil(() => reasons.length > 0);
    put(['yes']);
    await vi.waitUntil(() => store.objects.size > 0);
    expect(store.lines('data/')).toEqual(['yes!']);
    expect(reasons).toEqual(['what was delivered cannot be written: EROFS']);
  });

  it('refuses a prefix that it cannot fill in', () => {
    const { start } = rig({}, { prefix: '!{timestamp:MMM}/' });
    expect(() => start()).toThrow('!{timestamp:MMM} in a prefix is for AWS');
  });
});
