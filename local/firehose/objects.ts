import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Clock } from '../mapping/types.ts';
import type { Hints, ObjectStore } from './types.ts';

/** Where bytes go: those of one route share objects. */
export interface Route {
  readonly key: string;
  readonly kind: 'data' | 'errors' | 'backup';
  readonly store: ObjectStore;
  readonly compression: 'none' | 'gzip';
  /** `oldest` is the first arrival in the object, milliseconds. */
  readonly prefix: (oldest: number) => string;
}

export interface Piece {
  readonly data: Uint8Array;
  /** Milliseconds since 1970. */
  readonly arrival: number;
  /** Called when the object that holds it is written. */
  readonly done: () => void;
}

export interface ObjectsPorts {
  /** Of the delivery stream. */
  readonly name: string;
  readonly clock: Clock;
  readonly hints: () => Hints;
  /** Of all that is gathered; beyond it the largest object is written early. */
  readonly memoryBytes: number;
  /** Aborted: a write that fails is not tried again. */
  readonly signal: AbortSignal;
  readonly written: (route: Route, key: string, pieces: number, bytes: number) => void;
  readonly failed: (error: Error) => void;
}

/** Gathers bytes into objects and writes those that are full, or have waited long enough. */
export interface Objects {
  /** Resolves when there is room for more. Rejects, as all here, where a write fails at the end. */
  add(route: Route, piece: Piece): Promise<void>;
  writeDue(): Promise<void>;
  writeAll(): Promise<void>;
  /** Whether bytes of this route are being gathered. */
  has(key: string): boolean;
  /** Routes of data that are being gathered or written. */
  readonly partitions: number;
}

interface Gathering {
  readonly route: Route;
  readonly pieces: Piece[];
  readonly since: number;
  bytes: number;
}

const PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
const compress = promisify(gzip);

export function createObjects(ports: ObjectsPorts): Objects {
  const { clock, hints, memoryBytes, signal } = ports;
  const gatherings = new Map<string, Gathering>();
  let gathered = 0;
  let writing = 0;

  return {
    add,
    writeDue: () => {
      const before = clock.now() - hints().ms;
      return writeThose(({ since }) => since <= before);
    },
    writeAll: () => writeThose(() => true),
    has: (key) => gatherings.has(key),
    get partitions() {
      return writing + [...gatherings.values()].filter(isData).length;
    },
  };

  async function add(route: Route, piece: Piece): Promise<void> {
    const { key } = route;
    const gathering = gatherings.get(key) ?? { route, pieces: [], since: clock.now(), bytes: 0 };
    gatherings.set(key, gathering);
    gathering.pieces.push(piece);
    gathering.bytes += piece.data.length;
    gathered += piece.data.length;
    if (gathering.bytes >= hints().bytes) await write(gathering);
    else if (gathered > memoryBytes) await write(largest());
  }

  function largest(): Gathering {
    return [...gatherings.values()].reduce((a, b) => (b.bytes > a.bytes ? b : a));
  }

  async function writeThose(which: (gathering: Gathering) => boolean): Promise<void> {
    const results = await Promise.allSettled([...gatherings.values()].filter(which).map(write));
    const failure = results.find((one) => one.status === 'rejected');
    if (failure !== undefined) throw failure.reason;
  }

  async function write(gathering: Gathering): Promise<void> {
    const { route, pieces, bytes } = gathering;
    // What comes from here on begins the next object.
    gatherings.delete(route.key);
    const isPartition = isData(gathering);
    if (isPartition) writing += 1;
    try {
      await persist(route, pieces);
      for (const { done } of pieces) done();
    } finally {
      gathered -= bytes;
      if (isPartition) writing -= 1;
    }
  }

  async function persist(route: Route, pieces: readonly Piece[]): Promise<void> {
    const content = Buffer.concat(pieces.map(({ data }) => data));
    const bytes = route.compression === 'gzip' ? await compress(content) : content;
    const oldest = pieces.reduce((least, { arrival }) => Math.min(least, arrival), Infinity);
    const extension = route.compression === 'gzip' ? '.gz' : '';
    const key = `${route.prefix(oldest)}${objectName(ports.name, clock.now())}${extension}`;
    for (let pause = PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
      try {
        await route.store.put(key, bytes);
        return ports.written(route, key, pieces.length, bytes.length);
      } catch (error) {
        ports.failed(error as Error);
        if (signal.aborted) throw error;
      }
      await clock.sleep(pause, signal);
    }
  }
}

function isData({ route }: Gathering): boolean {
  return route.kind === 'data';
}

/** https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html */
function objectName(stream: string, now: number): string {
  const time = new Date(now).toISOString().slice(0, 19).replaceAll(/[T:]/g, '-');
  return `${stream}-1-${time}-${crypto.randomUUID()}`;
}
