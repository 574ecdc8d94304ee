import { describe, expect, it } from 'vitest';
import { hashKeyOf } from '../../shared/kpl/hash-key.ts';
import { aggregateRecord } from '../helpers/wire.ts';
import { field, frame, hashKeyEntry, keyEntry, numberField, userRecord } from '../kpl/protobuf.ts';
import { batchOf, expectOutcomeInPieces, faultOf, setAside } from './outcome.ts';
import { COUNTS, counted, event, MINUTE } from './programs.ts';
import { useRig } from './rig.ts';

const rig = useRig();

const user = (who: string, more: object = {}): string =>
  JSON.stringify({ at: MINUTE, who, n: 1, ...more });
const wire = (...data: (string | Buffer)[]) => aggregateRecord(data.map((one) => ({ data: one })));
const sound = wire(user('x'), user('y'), user('x'));
const bytesOf = (record: { data: unknown }): Buffer => Buffer.from(record.data as Buffer);

function changed(at: number): Buffer {
  const bytes = bytesOf(sound);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  return bytes;
}

const GOOD = [counted('a', 2), counted('b', 1)];

/** None of its user records is counted, and the raw record is kept as it came. */
describe('a damaged aggregate is set aside as a whole', () => {
  it.each<[string, Buffer, RegExp]>([
    ['a wrong MD5', changed(-1), /MD5/],
    ['a changed byte in a user record', changed(40), /MD5/],
    ['cut off at its end', bytesOf(sound).subarray(0, -3), /MD5/],
    ['bytes behind it', Buffer.concat([bytesOf(sound), Buffer.from('x')]), /MD5/],
    ['no protobuf', frame(Buffer.from('hello')), /begins? no field|type|past the end/],
    ['a length past its end', frame(keyEntry('k'), Buffer.from([0x1a, 0x7f])), /past the end/],
    [
      'no such partition key',
      frame(keyEntry('k'), userRecord(0n, user('x')), userRecord(1n, user('y'))),
      /outside the table/,
    ],
    [
      'no such hash key',
      frame(keyEntry('k'), hashKeyEntry('7'), userRecord(0n, user('x'), 9n)),
      /outside the table/,
    ],
    [
      'a user record without data',
      frame(keyEntry('k'), userRecord(0n, user('x')), field(3, numberField(1, 0n))),
      /no data/,
    ],
    [
      'a user record without a key',
      frame(keyEntry('k'), field(3, field(3, user('x')))),
      /no partition key/,
    ],
  ])('%s', async (_, data, message) => {
    const job = await rig.open(COUNTS);
    await expectOutcomeInPieces(job, batchOf([event('a'), event('b'), { data }, event('a')]), {
      rows: { COUNTS: GOOD },
      faults: [setAside(2, 'DAMAGED_AGGREGATE', { message: expect.stringMatching(message) })],
    });
  });

  it('and so is a plain record that begins with its magic bytes, as no format allows', async () => {
    // They are no UTF-8, so that such a record is neither JSON nor a log line.
    const data = Buffer.concat([Buffer.from('f3899ac2', 'hex'), Buffer.from(user('x').repeat(3))]);
    const job = await rig.open(COUNTS);
    await expectOutcomeInPieces(job, batchOf([event('a'), { data }, event('b'), event('a')]), {
      rows: { COUNTS: GOOD },
      faults: [setAside(1, 'DAMAGED_AGGREGATE')],
    });
  });

  it('also with a KPL producer, where the shard ranges are looked up', async () => {
    const ranges = async () => ({ start: 0n, end: 2n ** 128n - 1n });
    const job = await rig.open({ ...COUNTS, ranges });
    const batch = batchOf([event('a'), { data: changed(-1) }, sound, event('a'), event('b')]);
    await expectOutcomeInPieces(job, batch, {
      rows: { COUNTS: [...GOOD, counted('x', 2), counted('y', 1)] },
      faults: [setAside(1, 'DAMAGED_AGGREGATE')],
    });
  });
});

describe('a sound aggregate', () => {
  it('with one bad user record: the others count, the fault names which one it is', async () => {
    const job = await rig.open(COUNTS);
    const mixed = wire(user('x'), user('y'), '{"who":', user('x'));
    await expectOutcomeInPieces(job, batchOf([event('a'), mixed, event('b'), event('a')]), {
      rows: { COUNTS: [...GOOD, counted('x', 2), counted('y', 1)] },
      faults: [setAside(1, 'BAD_JSON', { subSequenceNumber: 2 })],
    });
  });

  it('with several bad user records: one object holds all their faults', async () => {
    const job = await rig.open(COUNTS);
    const late = user('x', { at: '2026-05-01T12:00:00Z' });
    const mixed = wire('', user('x'), user('y', { n: 'many' }), Buffer.of(0xff), late);
    const faults = [
      faultOf('BAD_JSON', { subSequenceNumber: 0 }),
      faultOf('BAD_TYPE', { subSequenceNumber: 2 }),
      faultOf('BAD_ENCODING', { subSequenceNumber: 3 }),
      faultOf('LATE', { subSequenceNumber: 4, pump: 'COUNTS_PUMP' }),
    ];
    await expectOutcomeInPieces(job, batchOf([event('a'), mixed, event('b'), event('a')]), {
      rows: { COUNTS: [...GOOD, counted('x', 1)] },
      faults: [{ record: 1, faults }],
    });
  });

  it('with an aggregate inside: that is a user record like any other, and a bad one', async () => {
    const job = await rig.open(COUNTS);
    const nested = wire(user('x'), bytesOf(sound));
    await expectOutcomeInPieces(job, batchOf([event('a'), nested, event('b'), event('a')]), {
      rows: { COUNTS: [...GOOD, counted('x', 1)] },
      faults: [setAside(1, 'BAD_ENCODING', { subSequenceNumber: 1 })],
    });
  });

  it('that holds nothing: nothing to count, nothing to set aside', async () => {
    const job = await rig.open(COUNTS);
    const data = frame(keyEntry('a key that no user record has'));
    await expectOutcomeInPieces(job, batchOf([event('a'), { data }, event('b'), event('a')]), {
      rows: { COUNTS: GOOD },
      faults: [],
    });
  });

  it('of magic and MD5 only: to the KCL too it is a plain record', async () => {
    const job = await rig.open(COUNTS);
    const bare = { data: frame() };
    await expectOutcomeInPieces(job, batchOf([event('a'), bare, event('b'), event('a')]), {
      rows: { COUNTS: GOOD },
      faults: [setAside(1, 'BAD_ENCODING')],
    });
  });

  it('with a bad user record of another shard: its own shard sets it aside, this one does not', async () => {
    const key = hashKeyOf('here');
    const job = await rig.open({ ...COUNTS, ranges: async () => ({ start: key, end: key }) });
    const mixed = aggregateRecord([
      { data: user('x'), partitionKey: 'here' },
      { data: '{', partitionKey: 'elsewhere' },
      { data: '{', partitionKey: 'here' },
    ]);
    await expectOutcomeInPieces(job, batchOf([event('a'), mixed, event('b'), event('a')]), {
      rows: { COUNTS: [...GOOD, counted('x', 1)] },
      faults: [setAside(1, 'BAD_JSON', { subSequenceNumber: 2 })],
    });
  });
});
