import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { openFaultArchive } from '../../shared/consume/fault-archives.ts';
import { openFaultStore } from '../../shared/consume/fault-stores.ts';
import { type FaultyRecord, faultKey } from '../../shared/consume/faults.ts';

/** The part of S3 that faults need, with one page of two keys; by path, as at any address that is a number. */
function startS3(objects: Map<string, string>, isClosed: (key: string) => boolean): Server {
  return createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const url = new URL(request.url!, 'http://s3');
    const key = decodeURIComponent(url.pathname).replace(/^\/bucket\/?/, '');
    const refuse = (status: number, code: string) => {
      response.statusCode = status;
      response.end(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`);
    };
    const source = request.headers['x-amz-copy-source'];
    if (request.method === 'PUT' && source !== undefined) {
      const text = objects.get(decodeURIComponent(String(source)).replace(/^bucket\//, ''));
      if (text === undefined) return refuse(404, 'NoSuchKey');
      objects.set(key, text);
      return response.end('<CopyObjectResult><ETag>"e"</ETag></CopyObjectResult>');
    }
    if (request.method === 'PUT') {
      objects.set(key, Buffer.concat(parts).toString());
      return response.end();
    }
    if (request.method === 'DELETE') {
      objects.delete(key);
      return response.end();
    }
    if (key === '') {
      const [prefix, after = ''] = ['prefix', 'start-after'].map(
        (name) => url.searchParams.get(name) ?? '',
      );
      const found = [...objects.keys()]
        .sort()
        .filter((one) => one.startsWith(prefix!) && one > after);
      const page = found.slice(0, Math.min(2, Number(url.searchParams.get('max-keys'))));
      const contents = page.map((one) => `<Contents><Key>${one}</Key></Contents>`).join('');
      const isTruncated = page.length < found.length;
      return response.end(
        `<ListBucketResult><IsTruncated>${isTruncated}</IsTruncated>${contents}</ListBucketResult>`,
      );
    }
    if (isClosed(key)) return refuse(403, 'AccessDenied');
    const text = objects.get(key);
    return text === undefined ? refuse(404, 'NoSuchKey') : response.end(text);
  });
}

const SHARD = 'shardId-000000000000';
const record = (n: number): FaultyRecord => ({
  ...{ application: 'web', stream: 'clicks', shardId: SHARD, sequenceNumber: String(n) },
  ...{ partitionKey: 'key', arrival: '2026-05-02T12:00:00.000Z', data: 'AAAA' },
  faults: [{ subSequenceNumber: 0, reason: 'BAD_JSON', message: 'no JSON' }],
});

describe('faults in S3', () => {
  const objects = new Map<string, string>();
  let isClosed = false;
  let server: Server;
  beforeEach(async () => {
    objects.clear();
    isClosed = false;
    server = startS3(objects, () => isClosed);
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    const { port } = server.address() as AddressInfo;
    vi.stubEnv('AWS_ENDPOINT_URL_S3', `http://127.0.0.1:${port}`);
    vi.stubEnv('AWS_REGION', 'us-east-1');
    vi.stubEnv('AWS_ACCESS_KEY_ID', 'local');
    vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'local');
    vi.stubEnv('AWS_MAX_ATTEMPTS', '1');
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    server.closeAllConnections();
    server.close();
  });

  it.each(['s3://bucket', 's3://bucket/below'])(
    '%s: listed in pages, read, replaced, closed',
    async (url) => {
      const archive = openFaultArchive(url);
      const keys = [1, 2, 3].map((n) => faultKey(record(n)));
      for (const n of [1, 2, 3]) await openFaultStore(url).put(record(n));
      await openFaultStore(url).put({ ...record(4), application: 'web-2' });
      const first = await archive.list('faults/web/', null);
      expect(first).toEqual({ keys: keys.slice(0, 2), next: keys[1] });
      expect(await archive.list('faults/web/', first.next)).toEqual({
        keys: [keys[2]],
        next: null,
      });
      expect(await archive.read(keys[0]!)).toEqual(record(1));

      const tried = { ...record(1), tried: { at: '2026-05-03T00:00:00.000Z', why: {} } };
      await archive.replace(keys[0]!, tried);
      await archive.close(keys[0]!);
      expect(await archive.read(keys[0]!)).toBeNull();
      expect(await archive.read(keys[0]!.replace('faults/', 'redriven/'))).toEqual(tried);
      expect(objects.size).toBe(4);
    },
  );

  it('tells what is gone from what may not be read', async () => {
    const archive = openFaultArchive('s3://bucket');
    await openFaultStore('s3://bucket').put(record(1));
    isClosed = true;
    expect(await archive.read(faultKey(record(2)))).toBeNull();
    await expect(archive.read(faultKey(record(1)))).rejects.toThrow('AccessDenied');
  });
});
