import type { Heat, HeatCell } from './heat.ts';

/** Changes when the layout of the bytes does; what has another version is not read. */
const VERSION = 1;
/** Version, time (6 bytes of ms), half-life (4 bytes of s), number of cells (2). */
const HEADER = 13;

/**
 * Heat as bytes for storage: for each cell its depth, as many bytes of its start as that depth has,
 * and two sums of 16 bits (the high half of a 32-bit float: 0.4 % off at most). 6 bytes for a wide
 * cell, 21 for a single hash key; a shard's heat is about a kilobyte.
 */
export function encodeHeat({ at, halfLifeMs, cells }: Heat): Uint8Array {
  const bytes = Buffer.alloc(
    HEADER + cells.reduce((sum, { bits }) => sum + 5 + prefixBytes(bits), 0),
  );
  bytes.writeUInt8(VERSION, 0);
  bytes.writeUIntBE(Math.max(0, Math.round(at)), 1, 6);
  bytes.writeUInt32BE(Math.max(1, Math.round(halfLifeMs / 1_000)), 7);
  bytes.writeUInt16BE(cells.length, 11);
  let offset = HEADER;
  for (const { start, bits, bytes: sum, records } of cells) {
    offset = bytes.writeUInt8(bits, offset);
    const prefix = start
      .toString(16)
      .padStart(32, '0')
      .slice(0, prefixBytes(bits) * 2);
    offset += bytes.write(prefix, offset, 'hex');
    offset = writeHalf(bytes, sum, offset);
    offset = writeHalf(bytes, records, offset);
  }
  return bytes;
}

/** Reads what `encodeHeat` wrote. Throws RangeError for another version and for damaged bytes. */
export function decodeHeat(stored: Uint8Array): Heat {
  const bytes = Buffer.from(stored.buffer, stored.byteOffset, stored.byteLength);
  const version = bytes[0];
  if (version !== VERSION) throw new RangeError(`heat of version ${version}, expected ${VERSION}`);
  try {
    const cells: HeatCell[] = [];
    let offset = HEADER;
    for (let left = bytes.readUInt16BE(11); left > 0; left--) {
      const bits = bytes.readUInt8(offset);
      const width = prefixBytes(bits);
      if (bits > 128) throw new RangeError(`a cell of ${bits} bits`);
      const sums = offset + 1 + width;
      const prefix = bytes.toString('hex', offset + 1, sums).padEnd(32, '0');
      cells.push({
        start: BigInt(`0x${prefix}`),
        bits,
        bytes: readHalf(bytes, sums),
        records: readHalf(bytes, sums + 2),
      });
      offset = sums + 4;
    }
    if (offset !== bytes.length) throw new RangeError(`${bytes.length - offset} bytes too many`);
    return { at: bytes.readUIntBE(1, 6), halfLifeMs: bytes.readUInt32BE(7) * 1_000, cells };
  } catch (error) {
    throw new RangeError('damaged heat', { cause: error });
  }
}

function prefixBytes(bits: number): number {
  return Math.ceil(bits / 8);
}

function writeHalf(bytes: Buffer, value: number, offset: number): number {
  const float = Buffer.alloc(4);
  float.writeFloatBE(value, 0);
  const rounded = Math.min(0x7f7f, (float.readUInt32BE(0) + 0x8000) >>> 16);
  return bytes.writeUInt16BE(rounded, offset);
}

function readHalf(bytes: Buffer, offset: number): number {
  const float = Buffer.alloc(4);
  float.writeUInt16BE(bytes.readUInt16BE(offset), 0);
  const value = float.readFloatBE(0);
  if (!(value >= 0 && Number.isFinite(value))) throw new RangeError(`a sum of ${value}`);
  return value;
}
