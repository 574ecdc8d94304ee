import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { sampleEvents } from '../events/make.ts';

const FOLDER = new URL('../events/', import.meta.url);
const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.json'))
  .sort();

interface Event {
  readonly Records: readonly {
    readonly eventID: string;
    readonly kinesis: {
      readonly sequenceNumber: string;
      readonly data: string;
      readonly approximateArrivalTimestamp: number;
    };
  }[];
}

function read(file: string): Event {
  return JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
}

describe('events/', () => {
  it('is what `node events/make.ts` makes', () => {
    const made = sampleEvents();
    expect(files).toEqual(
      Object.keys(made)
        .map((name) => `${name}.json`)
        .sort(),
    );
    for (const [name, event] of Object.entries(made)) {
      expect(read(`${name}.json`), name).toEqual(JSON.parse(JSON.stringify(event)));
    }
  });

  it.each(
    files.filter((file) => !/^(?:http|scale|firehose|on-failure|redrive)\/|delivery/.test(file)),
  )('%s is in the form in which Lambda hands events over', (file) => {
    const { Records } = read(file);
    expect(Records.length).toBeGreaterThan(1);
    for (const { eventID, kinesis } of Records) {
      expect(kinesis.sequenceNumber).toMatch(/^[1-9]\d{55}$/);
      expect(eventID).toBe(`shardId-000000000000:${kinesis.sequenceNumber}`);
      expect(kinesis.data).not.toBe('');
      expect(Buffer.from(kinesis.data, 'base64').toString('base64')).toBe(kinesis.data);
      expect(new Date(kinesis.approximateArrivalTimestamp * 1000).getUTCFullYear()).toBe(2026);
    }
    const numbers = Records.map(({ kinesis }) => BigInt(kinesis.sequenceNumber));
    const rising = numbers.every((number, i) => i === 0 || number > numbers[i - 1]!);
    expect(rising).toBe(true);
  });
});
