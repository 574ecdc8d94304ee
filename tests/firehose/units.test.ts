import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ResponseRecord } from '../../shared/firehose/event.ts';
import { marked, roundsOf, unmarked } from '../../shared/firehose/mark.ts';
import { arrivalKeys, NO_VALUE, partitionKey } from '../../shared/firehose/partition-key.ts';
import { createRoom } from '../../shared/firehose/room.ts';
import { firehoseEvent } from '../helpers/firehose.ts';

describe('a partition key', () => {
  it.each([
    ['abc-1_2.3', 'abc-1_2.3'],
    ['a/b', 'a%2Fb'],
    ['a b=c', 'a%20b%3Dc'],
    ["!'()*~", '%21%27%28%29%2A%7E'],
    ['Zürich', 'Z%C3%BCrich'],
    ['..', '%2E%2E'],
    ['\ud800', '%EF%BF%BD'],
    ['', NO_VALUE],
    [null, NO_VALUE],
    [undefined, NO_VALUE],
    [0, '0'],
    [-1.5, '-1.5'],
    [9007199254740993n, '9007199254740993'],
    [false, 'false'],
    [new Date(0), '1970-01-01T00%3A00%3A00.000Z'],
  ])('of %s is %s', (value, text) => {
    expect(partitionKey(value)).toBe(text);
  });

  it('is a part of an object key, and different for different texts, however long they are', () => {
    const text = fc.oneof(
      fc.string({ maxLength: 300 }),
      fc.string({ unit: 'grapheme', maxLength: 300 }),
    );
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(partitionKey(a)).toMatch(/^[\w.%~-]{1,128}$/);
        expect(partitionKey(a) === partitionKey(b)).toBe(a.toWellFormed() === b.toWellFormed());
        expect(partitionKey(`${'x'.repeat(200)}${a}`)).not.toBe(
          partitionKey(`${'x'.repeat(200)}${a}y`),
        );
      }),
    );
  });

  it('is never cut in the middle of a character', () => {
    for (let n = 100; n < 130; n++) {
      expect(
        decodeURIComponent(partitionKey(`${'x'.repeat(n)}/////////////`).split('~')[0]!),
      ).toContain('x');
    }
  });

  it('tells the date and the hour of an arrival in UTC', () => {
    expect(arrivalKeys(Date.UTC(2026, 11, 31, 23, 59, 59, 999))).toEqual({
      date: '2026-12-31',
      hour: '23',
    });
  });
});

describe('a mark', () => {
  it('is found again, in front of whatever data', () => {
    const mark = fc.record({
      rounds: fc.integer({ min: 1, max: 255 }),
      arrival: fc.nat(2 ** 48 - 1),
    });
    fc.assert(
      fc.property(mark, fc.uint8Array(), (given, bytes) => {
        const data = Buffer.from(bytes);
        const put = marked(data, given);
        expect(unmarked(put)).toEqual({ data, mark: given });
        expect(roundsOf(put.toString('base64'))).toBe(given.rounds);
        expect(roundsOf(data.toString('base64'))).toBe(0);
        expect(unmarked(data)).toEqual({ data, mark: null });
      }),
    );
  });
});

describe('the room of a response', () => {
  it('is counted to the byte: base64, metadata, commas and all', () => {
    const answer = fc.record({
      data: fc.uint8Array({ maxLength: 90 }).map((bytes) => Buffer.from(bytes)),
      keys: fc.option(fc.dictionary(fc.string(), fc.string(), { maxKeys: 3 })),
    });
    fc.assert(
      fc.property(fc.array(answer, { minLength: 1, maxLength: 8 }), (list) => {
        const { records } = firehoseEvent(list.map(() => ''));
        const answers = list.map(({ data, keys }, i): ResponseRecord => {
          const { recordId } = records[i]!;
          const head = { recordId, result: 'Ok' as const, data: data.toString('base64') };
          return keys === null ? head : { ...head, metadata: { partitionKeys: keys } };
        });
        // A comma behind each is counted, and the last has none.
        const bytes = Buffer.byteLength(JSON.stringify({ records: answers })) + 1;
        // An answer shorter than that of a failure leaves room for those behind it only.
        const order = list
          .map(({ data }, i) => ({ answer: answers[i]!, bytes: data.length }))
          .sort((a, b) => JSON.stringify(a.answer).length - JSON.stringify(b.answer).length);
        const most = Math.max(
          bytes,
          Buffer.byteLength(
            JSON.stringify({
              records: records.map(({ recordId }) => ({ recordId, result: 'ProcessingFailed' })),
            }),
          ) + 1,
        );
        const enough = createRoom(records, most);
        expect(order.every((one) => enough.take(one.answer, one.bytes))).toBe(true);
        if (most > bytes) return;
        const short = createRoom(records, most - 1);
        expect(order.every((one) => short.take(one.answer, one.bytes))).toBe(false);
      }),
    );
  });
});
