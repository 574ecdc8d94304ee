import { type FaultyRecord, faultKey } from '../../../shared/consume/faults.ts';
import { Broken } from '../violation.ts';

/** What a function sets aside, held against what is at fault. */
export interface FaultLedger {
  /** Of a record these user records are at fault: `<sub> <reason>` each, in order. */
  readonly expect: (shardId: string, sequenceNumber: string, faults: readonly string[]) => void;
  /** Throws Broken unless it is at fault, told whole, and the same as at any try before. */
  readonly put: (record: FaultyRecord) => void;
  /** Throws Broken unless all that is at fault was set aside. */
  readonly check: () => void;
}

export function createFaultLedger(): FaultLedger {
  const expected = new Map<string, string>();
  const texts = new Map<string, string>();
  return {
    expect: (shardId, sequenceNumber, faults) => {
      if (faults.length > 0) expected.set(`${shardId}:${sequenceNumber}`, faults.join(', '));
    },
    put: (record) => {
      const id = `${record.shardId}:${record.sequenceNumber}`;
      const actual = record.faults.map((fault) => `${fault.subSequenceNumber} ${fault.reason}`);
      const should = expected.get(id) ?? 'no fault';
      if (actual.join(', ') !== should) {
        throw broken('not what is at fault', id, should, actual.join(', '));
      }
      const text = `${faultKey(record)} ${JSON.stringify(record)}`;
      const held = texts.get(id) ?? text;
      if (held !== text) throw broken('a second try set it aside differently', id, held, text);
      texts.set(id, text);
    },
    check: () => {
      for (const [id, faults] of expected) {
        if (!texts.has(id)) throw broken('it was never set aside', id, faults, 'nothing');
      }
    },
  };
}

function broken(message: string, item: string, expected: string, actual: string): Broken {
  return new Broken({ invariant: 'faults', message, item, expected, actual });
}
