import { describe, expect, it } from 'vitest';
import { createLedger } from '../../local/ledger.ts';

describe('ledger', () => {
  it('counts by sequence numbers, whatever comes twice or early', () => {
    const ledger = createLedger();
    ledger.putRecord(1, 'a', '100', 1_000);
    ledger.putRecord(20, 'a', '200', 2_000);
    ledger.putRecord(5, 'b', '150', 3_000);
    expect([ledger.put, ledger.applied, ledger.waitingSince]).toEqual([26, 0, 1_000]);
    ledger.checkpoint('a', '150');
    ledger.checkpoint('a', '150');
    expect([ledger.applied, ledger.waitingSince]).toEqual([1, 2_000]);
    ledger.checkpoint('a', '200');
    ledger.checkpoint('b', '300');
    expect([ledger.applied, ledger.waitingSince]).toEqual([26, null]);
    // The consumer was faster than the answer to the producer.
    ledger.putRecord(2, 'b', '300', 4_000);
    expect([ledger.put, ledger.applied, ledger.waitingSince]).toEqual([28, 28, null]);
    // Longer numbers are higher ones.
    ledger.putRecord(1, 'b', '1000', 5_000);
    expect(ledger.waitingSince).toBe(5_000);
  });
});
