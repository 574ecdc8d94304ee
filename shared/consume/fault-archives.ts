import { mkdir, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { faultText, once } from './fault-stores.ts';
import type { FaultyRecord } from './faults.ts';

/** What has been set aside, for those who look at it and bring it back. */
export interface FaultArchive {
  /** Keys below a prefix in order, behind a key; `next` is where to go on, null at the end. */
  readonly list: (prefix: string, after: string | null) => Promise<KeyPage>;
  /** null: it is not there any more. Throws Error where it is no fault. */
  readonly read: (key: string) => Promise<FaultyRecord | null>;
  readonly replace: (key: string, record: FaultyRecord) => Promise<void>;
  /** Moves it to `redriven/`: first there, then away from here. */
  readonly close: (key: string) => Promise<void>;
}

export interface KeyPage {
  readonly keys: readonly string[];
  readonly next: string | null;
}

/** One answer of ListObjectsV2: https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html */
const PAGE = 1_000;

/** The prefix of what is open, of one application or of all, of one shard or of all. */
export function openPrefix(application?: string, shardId?: string): string {
  if (application === undefined) return 'faults/';
  return shardId === undefined ? `faults/${application}/` : `faults/${application}/${shardId}/`;
}

/** Where a fault goes when it is done. */
export function redrivenKey(key: string): string {
  return key.replace(/^faults\//, 'redriven/');
}

/**
 * Opens what openFaultStore has filled, at the same URL. Throws TypeError for any other than s3://
 * and file://.
 */
export function openFaultArchive(url: string): FaultArchive {
  const { protocol, hostname, pathname } = new URL(url);
  if (protocol === 'file:') return folder(fileURLToPath(url));
  if (protocol === 's3:') return bucket(hostname, pathname.replace(/^\/|\/$/g, ''));
  throw new TypeError(`faults lie at s3:// or file://, not ${protocol}`);
}

function folder(root: string): FaultArchive {
  const read = async (key: string): Promise<string | null> => {
    try {
      return await readFile(join(root, key), 'utf8');
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
      throw error;
    }
  };
  const write = async (key: string, text: string): Promise<void> => {
    const draft = join(root, `${key}.${process.pid}.draft`);
    await mkdir(dirname(draft), { recursive: true });
    await writeFile(draft, text);
    await rename(draft, join(root, key));
  };
  return {
    list: async (prefix, after) => {
      const names = await readdir(join(root, prefix), { recursive: true }).catch(() => []);
      const keys = names.map((name) => `${prefix}${name}`).filter((key) => key.endsWith('.json'));
      const due = keys.sort().filter((key) => after === null || key > after);
      return { keys: due.slice(0, PAGE), next: due.length > PAGE ? due[PAGE - 1]! : null };
    },
    read: async (key) => {
      const text = await read(key);
      return text === null ? null : parseFault(key, text);
    },
    replace: async (key, record) => write(key, faultText(record)),
    close: async (key) => {
      await mkdir(dirname(join(root, redrivenKey(key))), { recursive: true });
      await rename(join(root, key), join(root, redrivenKey(key)));
    },
  };
}

function bucket(name: string, prefix: string): FaultArchive {
  const root = prefix === '' ? '' : `${prefix}/`;
  const open = once(async () => {
    const s3 = await import('@aws-sdk/client-s3');
    return { s3, client: new s3.S3Client({}) };
  });
  const place = (key: string) => ({ Bucket: name, Key: `${root}${key}` });
  const isThere = async (key: string): Promise<boolean> => {
    const { s3, client } = await open();
    const { Contents = [] } = await client.send(
      new s3.ListObjectsV2Command({ Bucket: name, Prefix: `${root}${key}`, MaxKeys: 1 }),
    );
    return Contents.length > 0;
  };
  return {
    list: async (below, after) => {
      const { s3, client } = await open();
      const answer = await client.send(
        new s3.ListObjectsV2Command({
          Bucket: name,
          Prefix: `${root}${below}`,
          MaxKeys: PAGE,
          ...(after !== null && { StartAfter: `${root}${after}` }),
        }),
      );
      const keys = (answer.Contents ?? []).map(({ Key }) => Key!.slice(root.length));
      return { keys, next: answer.IsTruncated ? (keys.at(-1) ?? null) : null };
    },
    read: async (key) => {
      const { s3, client } = await open();
      try {
        const { Body } = await client.send(new s3.GetObjectCommand(place(key)));
        return parseFault(key, await Body!.transformToString());
      } catch (error) {
        // Who may list some prefixes only is told 403 of what is not there:
        // https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html#API_GetObject_RequestSyntax
        if (error instanceof s3.NoSuchKey || !(await isThere(key))) return null;
        throw error;
      }
    },
    replace: async (key, record) => {
      const { s3, client } = await open();
      const Body = faultText(record);
      await client.send(
        new s3.PutObjectCommand({ ...place(key), Body, ContentType: 'application/json' }),
      );
    },
    close: async (key) => {
      const { s3, client } = await open();
      const CopySource = encodeURI(`${name}/${root}${key}`);
      await client.send(new s3.CopyObjectCommand({ ...place(redrivenKey(key)), CopySource }));
      await client.send(new s3.DeleteObjectCommand(place(key)));
    },
  };
}

function parseFault(key: string, text: string): FaultyRecord {
  const value: unknown = parse(text);
  const names = ['application', 'stream', 'shardId', 'sequenceNumber', 'arrival', 'data'];
  const isWhole = (record: unknown): record is FaultyRecord =>
    record instanceof Object &&
    names.every((name) => typeof Reflect.get(record, name) === 'string') &&
    Array.isArray(Reflect.get(record, 'faults'));
  if (isWhole(value)) return value;
  throw new Error(`${key} is no fault that was set aside: move it elsewhere`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
