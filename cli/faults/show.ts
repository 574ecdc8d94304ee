import type { Held } from '../../functions/redrive/faulty-group.ts';
import { openPrefix, redrivenKey } from '../../shared/consume/fault-archives.ts';
import { CommandError } from '../errors.ts';
import { type Io, note, paint } from '../io.ts';
import { printable } from '../table.ts';
import { readApplication, readShard } from './filters.ts';
import { payloads } from './payload.ts';
import type { Place } from './place.ts';
import { faultJson, faultsOf } from './read.ts';

/** A record, or one of its faults. */
export interface Shown {
  readonly application: string;
  readonly shardId: string;
  readonly sequenceNumber: string;
  /** The one that is meant; null: all of the record. */
  readonly key: string | null;
}

/** APPLICATION SHARD SEQUENCE, or a key as `list --json` gives it. Throws CommandError. */
export function readShown(words: readonly string[]): Shown {
  const hint = 'npx sluice faults show APPLICATION SHARD SEQUENCE, or the key of a fault';
  const [first, shardId, sequenceNumber, more] = words;
  if (first === undefined) throw new CommandError('no fault is named', hint);
  if (more !== undefined) throw new CommandError(`"${more}" is one word too many`, hint);
  if (shardId === undefined) return ofKey(first, hint);
  if (sequenceNumber === undefined || !/^\d{1,129}$/.test(sequenceNumber)) {
    throw new CommandError(`"${sequenceNumber ?? ''}" is no sequence number`, hint);
  }
  return {
    ...{ application: readApplication(first), shardId: readShard(shardId) },
    ...{ sequenceNumber, key: null },
  };
}

function ofKey(key: string, hint: string): Shown {
  const match = /(?:^|\/)(faults|redriven)\/([^/]+)\/([^/]+)\/(\d{1,129})(\.[\w.]*)$/.exec(key);
  if (match === null) throw new CommandError(`"${key}" names no fault`, hint);
  const [, , application, shardId, sequenceNumber, rest] = match;
  return {
    ...{ application: readApplication(application!), shardId: readShard(shardId!) },
    sequenceNumber: sequenceNumber!,
    key: `faults/${application}/${shardId}/${sequenceNumber}${rest}`,
  };
}

/** `sluice faults show`: all that is known of a record's faults; 1: there are none. */
export async function show(
  { archive, url }: Place,
  { application, shardId, sequenceNumber, key }: Shown,
  { isJson, hasPayload }: { readonly isJson: boolean; readonly hasPayload: boolean },
  io: Io,
): Promise<number> {
  const folder = openPrefix(application, shardId);
  const isMeant = ({ key: found }: Held, of: (key: string) => string) =>
    key === null || found === of(key);
  const open = await faultsOf(archive, folder, sequenceNumber);
  const done = await faultsOf(archive, redrivenKey(folder), sequenceNumber);
  const found = [
    ...open.filter((held) => isMeant(held, (own) => own)),
    ...done.filter((held) => isMeant(held, redrivenKey)),
  ];
  if (found.length === 0) {
    note(io, `record ${sequenceNumber} of ${shardId} has no fault of ${application} at ${url}`);
    return 1;
  }
  for (const [i, held] of found.entries()) {
    if (isJson) io.out.write(`${faultJson(held, hasPayload)}\n`);
    else io.out.write(`${i > 0 ? '\n' : ''}${describe(held, hasPayload, io.out.color)}`);
  }
  return 0;
}

function describe({ key, record }: Held, hasPayload: boolean, color: boolean): string {
  const { stream, partitionKey, arrival, faults, refuser, result, tried } = record;
  const data = Buffer.from(record.data, 'base64');
  const state = key.startsWith('redriven/') ? 'redriven' : 'open';
  const rows: [string, string][] = [
    ['state', state],
    ['stream', stream],
    ['arrival', arrival],
    ['partition key', partitionKey],
    ['size', `${data.length.toLocaleString('en')} bytes`],
    ...faults.map(({ subSequenceNumber: sub, reason, message, pump, row }): [string, string] => {
      const of = sub === 0 ? '' : `user record ${sub}: `;
      const by = pump === undefined ? '' : ` (${pump}${row === undefined ? '' : `, row ${row}`})`;
      return ['reason', `${reason}: ${of}${message}${by}`];
    }),
    ...(result ? [resultRow(result)] : []),
    ...(refuser ? [['rules', refuser.version] as [string, string]] : []),
    ...(tried ? [['tried', tried.at] as [string, string]] : []),
    ...Object.entries(tried?.why ?? {}).map(([reason, why]): [string, string] => [
      'stays open',
      `${reason}: ${why}`,
    ]),
  ];
  const head = paint(color, 'bold', printable(key));
  const lines = rows.map(([name, text]) => `  ${name.padEnd(14)}${printable(text)}`);
  const subs = faults.map(({ subSequenceNumber }) => subSequenceNumber);
  const parts = hasPayload
    ? payloads(data, subs).map(({ what, text }) => `\n${paint(color, 'dim', what)}\n${text}\n`)
    : [];
  return `${[head, ...lines].join('\n')}\n${parts.join('')}`;
}

function resultRow({ pump, window, key }: { pump: string; window: string; key: string }) {
  return ['result', `${pump}, window ${window}, key ${key}`] as [string, string];
}
