import type { Held } from '../../functions/redrive/faulty-group.ts';
import { isMeant } from '../../functions/redrive/request.ts';
import { eachLimit } from '../../shared/consume/each-limit.ts';
import { type FaultArchive, openPrefix } from '../../shared/consume/fault-archives.ts';
import type { Progress } from '../io.ts';
import type { Filters } from './filters.ts';

/** Reads in flight, and faults in memory: one may hold 14 MB. */
const READS_IN_FLIGHT = 16;

/** The open faults that are meant, in the order of their keys. */
export async function* eachFault(
  archive: FaultArchive,
  application: string | undefined,
  filters: Filters,
  progress: Progress,
): AsyncGenerator<Held> {
  let seen = 0;
  for await (const keys of pages(archive, openPrefix(application, filters.shardId ?? undefined))) {
    const due = keys.filter((key) => isOfShard(key, filters.shardId));
    for (let from = 0; from < due.length; from += READS_IN_FLIGHT) {
      const some = due.slice(from, from + READS_IN_FLIGHT);
      const records = new Map<string, Held>();
      await eachLimit(some, READS_IN_FLIGHT, async (key) => {
        const record = await archive.read(key);
        if (record !== null) records.set(key, { key, record });
      });
      seen += some.length;
      progress.show(`reading faults: ${seen.toLocaleString('en')}`);
      for (const key of some) {
        const held = records.get(key);
        if (held !== undefined && isMeant(filters, held.record)) yield held;
      }
    }
  }
}

/** All faults of one record, whoever refused it. */
export async function faultsOf(
  archive: FaultArchive,
  folder: string,
  sequenceNumber: string,
): Promise<Held[]> {
  const held: Held[] = [];
  const start = `${folder}${sequenceNumber}`;
  for await (const keys of pages(archive, folder, start)) {
    const own = keys.filter((key) => key.startsWith(`${start}.`));
    for (const key of own) {
      const record = await archive.read(key);
      if (record !== null) held.push({ key, record });
    }
    if (own.length < keys.length) break;
  }
  return held;
}

async function* pages(archive: FaultArchive, prefix: string, after: string | null = null) {
  let place = after;
  do {
    const { keys, next } = await archive.list(prefix, place);
    yield keys;
    place = next;
  } while (place !== null);
}

/** faults/<application>/<shard>/… */
function isOfShard(key: string, shardId: string | null): boolean {
  return shardId === null || key.split('/')[2] === shardId;
}

/** For machines, on one line. */
export function faultJson({ key, record }: Held, hasPayload: boolean): string {
  const { data, ...told } = record;
  const bytes = Buffer.byteLength(data, 'base64');
  return JSON.stringify({ key, bytes, ...told, ...(hasPayload && { data }) });
}
