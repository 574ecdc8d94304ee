import { tooLarge } from '../../shared/firehose/output.ts';
import { RESPONSE_BYTES } from '../../shared/firehose/room.ts';
import { isPlainInJson } from '../../shared/records/text.ts';

/** Memory that the lines of many records share; a record that needs more gets its own. */
const PIECE = 1 << 16;
/** Up to so many characters are written one by one: a call out of the engine takes as long. */
const SHORT = 48;

const QUOTE = 0x22;
const LF = 0x0a;

/**
 * Writes the lines of a record as bytes: texts put together would be written down once more. What
 * `take` gave stays as it is.
 */
export class LineWriter {
  #memory = Buffer.allocUnsafeSlow(PIECE);
  #start = 0;
  #at = 0;

  /** Forgets what was written since the last record was taken. */
  begin(): void {
    this.#at = this.#start;
  }

  /** The lines since `begin`; they share memory with others, and nobody writes there again. */
  take(): Buffer {
    const lines = this.#memory.subarray(this.#start, this.#at);
    this.#start = this.#at;
    if (this.#memory.length > PIECE) this.#renew(PIECE);
    return lines;
  }

  /** Throws TransformError TOO_LARGE: stops a record that would grow without end. */
  endLine(): void {
    this.#reserve(1);
    this.#memory[this.#at++] = LF;
    if (this.#at - this.#start > RESPONSE_BYTES) throw tooLarge();
  }

  /** Text as it is. */
  raw(text: string): void {
    if (text.length <= SHORT) {
      this.#reserve(SHORT);
      const memory = this.#memory;
      let at = this.#at;
      let i = 0;
      for (; i < text.length; i++) {
        const c = text.charCodeAt(i);
        if (c >= 0x80) break;
        memory[at++] = c;
      }
      if (i === text.length) {
        this.#at = at;
        return;
      }
    }
    // Bytes of UTF-8 are at most three a unit: mostly there is room without counting them.
    if (!this.#hasRoom(3 * text.length)) this.#reserve(Buffer.byteLength(text));
    this.#at += this.#memory.write(text, this.#at);
  }

  /** A JSON string. */
  string(text: string): void {
    if (text.length > SHORT) {
      if (isPlainInJson(text)) this.#quoted(text);
      else this.raw(JSON.stringify(text));
      return;
    }
    this.#reserve(SHORT + 2);
    const memory = this.#memory;
    let at = this.#at;
    memory[at++] = QUOTE;
    for (let i = 0; i < text.length; i++) {
      const c = text.charCodeAt(i);
      if (c < 0x20 || c > 0x7e || c === QUOTE || c === 0x5c) {
        this.raw(JSON.stringify(text));
        return;
      }
      memory[at++] = c;
    }
    memory[at++] = QUOTE;
    this.#at = at;
  }

  #quoted(text: string): void {
    this.#reserve(text.length + 2);
    this.#memory[this.#at++] = QUOTE;
    this.#at += this.#memory.write(text, this.#at, 'latin1');
    this.#memory[this.#at++] = QUOTE;
  }

  #hasRoom(bytes: number): boolean {
    return this.#at + bytes <= this.#memory.length;
  }

  /** Makes room for so many bytes behind what was written. */
  #reserve(bytes: number): void {
    if (this.#hasRoom(bytes)) return;
    this.#renew(Math.max(PIECE, 2 * (this.#at - this.#start + bytes)));
  }

  /** Goes on in new memory, with what was written of the record. */
  #renew(bytes: number): void {
    const written = this.#memory.subarray(this.#start, this.#at);
    this.#memory = Buffer.allocUnsafeSlow(bytes);
    written.copy(this.#memory);
    this.#start = 0;
    this.#at = written.length;
  }
}
