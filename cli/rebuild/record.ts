import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import type { Attributes, ItemKey, Store } from '../../shared/results/store.ts';
import { ROWS } from '../../shared/results/upsert.ts';
import { CommandError } from '../errors.ts';

/** How far a shard is filled. */
export interface ShardFill {
  /** The last record that is applied; everything of the shard before it is too. */
  readonly sequenceNumber: string;
  readonly records: number;
  /** Arrival of the first and the last of them, milliseconds. */
  readonly first: number;
  readonly last: number;
  /** False: it was read from an archive only. */
  readonly isOfStream: boolean;
}

/** What is kept of a rebuild, in one item beside the pointer, so that it can die and go on. */
export interface RebuildRecord {
  /** Of the generation that is filled. */
  readonly salt: string;
  /** Of the one that was live when it began. */
  readonly from: string;
  /** What fills it (programOf). */
  readonly program: string;
  readonly phase: 'filling' | 'switched' | 'done' | 'aborted';
  /** Whether an archive comes before the stream, and was read to its end. */
  readonly archive: 'none' | 'open' | 'read';
  /** Milliseconds. */
  readonly begun: number;
  readonly switched: number | null;
  /** Whatever arrived before this time is applied, on every shard; null: not known yet. */
  readonly upTo: number | null;
  readonly shards: ReadonlyMap<string, ShardFill>;
  /** The beginnings of the partition keys of the new generation, and of the old. */
  readonly names: readonly string[];
  readonly oldNames: readonly string[];
}

export function recordKey(application: string, stateTable: string): ItemKey {
  return { table: stateTable, pk: application, sk: 'rebuild' };
}

/** The one writer of a rebuild's record. */
export interface Notebook {
  readonly record: () => RebuildRecord | null;
  /**
   * Keeps the record. Throws CommandError when another process has written it meanwhile: the one
   * that came last goes on, so that a rebuild can be taken over from a machine that hangs.
   */
  readonly save: (record: RebuildRecord) => Promise<void>;
}

/** Opens the record and takes it over from whoever had it. `writer` is a name nobody else has. */
export async function openNotebook(store: Store, key: ItemKey, writer: string): Promise<Notebook> {
  let item = await store.read(key);
  const write = async (record: RebuildRecord): Promise<void> => {
    const next = { ...toItem(record), writer: { S: writer }, [ROWS]: { N: versionAfter(item) } };
    const condition =
      item === null
        ? ({ kind: 'absent' } as const)
        : ({ kind: 'equals', attribute: ROWS, value: item[ROWS]! } as const);
    if (!(await store.put(key, next, condition))) {
      const stored = await store.read(key);
      // The answer to our own write may have been lost, and the client have sent it again.
      const isOurs = stored?.writer?.S === writer && stored[ROWS]?.N === next[ROWS].N;
      if (!isOurs)
        throw new CommandError('another sluice rebuild of this application has taken over');
    }
    item = next;
  };
  return { record: () => (item === null ? null : fromItem(item)), save: write };
}

function versionAfter(item: Attributes | null): string {
  return String(Number(item?.[ROWS]?.N ?? 0) + 1);
}

function toItem(record: RebuildRecord): Attributes {
  const { salt, from, program, phase, archive, begun, switched, upTo, names, oldNames } = record;
  const texts = (list: readonly string[]): AttributeValue => ({ L: list.map((S) => ({ S })) });
  const entries = [...record.shards].map(([shardId, shard]) => [
    shardId,
    {
      M: {
        sequenceNumber: { S: shard.sequenceNumber },
        records: { N: String(shard.records) },
        first: { N: String(shard.first) },
        last: { N: String(shard.last) },
        isOfStream: { BOOL: shard.isOfStream },
      },
    },
  ]);
  return {
    salt: { S: salt },
    ...(from === '' ? {} : { from: { S: from } }),
    program: { S: program },
    phase: { S: phase },
    archive: { S: archive },
    begun: { N: String(begun) },
    ...(switched === null ? {} : { switched: { N: String(switched) } }),
    ...(upTo === null ? {} : { upTo: { N: String(upTo) } }),
    shards: { M: Object.fromEntries(entries) },
    names: texts(names),
    oldNames: texts(oldNames),
  };
}

function fromItem(item: Attributes): RebuildRecord {
  const texts = (list: AttributeValue | undefined) => (list?.L ?? []).map(({ S }) => S!);
  const number = (value: AttributeValue | undefined) =>
    value?.N === undefined ? null : Number(value.N);
  const shards = Object.entries(item.shards?.M ?? {}).map(([shardId, { M }]) => {
    const { sequenceNumber, records, first, last, isOfStream } = M!;
    return [
      shardId,
      {
        sequenceNumber: sequenceNumber!.S!,
        records: Number(records!.N),
        first: Number(first!.N),
        last: Number(last!.N),
        isOfStream: isOfStream?.BOOL === true,
      },
    ] as const;
  });
  return {
    salt: item.salt!.S!,
    from: item.from?.S ?? '',
    program: item.program!.S!,
    phase: item.phase!.S as RebuildRecord['phase'],
    archive: item.archive!.S as RebuildRecord['archive'],
    begun: number(item.begun)!,
    switched: number(item.switched),
    upTo: number(item.upTo),
    shards: new Map(shards),
    names: texts(item.names),
    oldNames: texts(item.oldNames),
  };
}
