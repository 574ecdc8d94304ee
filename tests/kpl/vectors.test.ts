import { describe, expect, test } from 'vitest';
import { looksAggregated } from '../../shared/kpl/decode.ts';
import { encodeAggregate } from '../../shared/kpl/encode.ts';
import { append, emptyMessage, writeFrame } from '../../shared/kpl/message.ts';
import { decodeAll } from './protobuf.ts';
import {
  COLLECTED,
  inputOf,
  isPresent,
  NEVER_SENT,
  NOT_REBUILT,
  OWN,
  type Vector,
} from './vectors.ts';

describe.each(Object.entries(OWN))('%s', check);

describe.skipIf(!isPresent)(
  'the collected vectors (skipped where kpl-vectors.json is absent)',
  () => {
    test('are there', () => expect(Object.keys(COLLECTED).length).toBeGreaterThan(0));
    for (const [name, vector] of Object.entries(COLLECTED))
      describe(name, () => check(name, vector));
  },
);

function check(name: string, vector: Vector): void {
  const { b64 } = vector;
  const expected = inputOf(vector);

  test('decodes to what was put', () => {
    expect(looksAggregated(b64)).toBe(true);
    expect(decodeAll(Buffer.from(b64, 'base64'))).toEqual(expected);
  });

  test.skipIf(NOT_REBUILT.includes(name))('is rebuilt byte for byte', () => {
    const message = emptyMessage();
    for (const record of expected) append(message, record);
    expect(writeFrame(message).toString('base64')).toBe(b64);
    if (!NEVER_SENT.includes(name)) {
      expect(encodeAggregate(expected).data.toString('base64')).toBe(b64);
    }
  });
}
