import { mkdir, rename, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FaultStore, type FaultyRecord, faultKey } from './faults.ts';

/**
 * Opens the fault store at a URL: `s3://bucket` or `s3://bucket/prefix` on AWS, `file:///folder`
 * on one machine. Throws TypeError for any other.
 */
export function openFaultStore(url: string): FaultStore {
  const { protocol, hostname, pathname } = new URL(url);
  if (protocol === 'file:') return folder(fileURLToPath(url));
  if (protocol === 's3:') return bucket(hostname, pathname.replace(/^\/|\/$/g, ''));
  throw new TypeError(`SLUICE_FAULTS must begin with s3:// or file://, not ${protocol}`);
}

function folder(root: string): FaultStore {
  return {
    put: async (record) => {
      const path = join(root, faultKey(record));
      await mkdir(dirname(path), { recursive: true });
      // Two tries may write at once; a rename is whole or not at all.
      const draft = `${path}.${process.pid}.${draftCount++}`;
      await writeFile(draft, faultText(record));
      await rename(draft, path);
    },
  };
}

let draftCount = 0;

/** The S3 client is loaded with the first fault: most functions never need it. */
function bucket(name: string, prefix: string): FaultStore {
  const client = once(async () => {
    const { S3Client, PutObjectCommand } = await import('@aws-sdk/client-s3');
    return { s3: new S3Client({}), PutObjectCommand };
  });
  return {
    put: async (record) => {
      const { s3, PutObjectCommand } = await client();
      await s3.send(
        new PutObjectCommand({
          Bucket: name,
          Key: prefix === '' ? faultKey(record) : `${prefix}/${faultKey(record)}`,
          Body: faultText(record),
          ContentType: 'application/json',
        }),
      );
    },
  };
}

/** One text for every try. */
export function faultText(record: FaultyRecord): string {
  return `${JSON.stringify(record, null, 1)}\n`;
}

export function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
