import { seek } from '../bytes.ts';
import { type Line, noteField } from '../lines.ts';
import { RecordFault } from '../types.ts';

/** The parts of a message that are read as they stand, in the order of RFC 5424. */
export const FIELDS = ['time', 'host', 'app', 'procid', 'msgid', 'data', 'message'] as const;

export const TIME = 0;
const HOST = 1;
const APP = 2;
const PROCID = 3;
export const DATA = 5;
const MESSAGE = 6;

/** A value of the structured data that some column reads. */
export interface Param {
  readonly id: Buffer;
  readonly name: Buffer;
}

const SPACE = 0x20;
const QUOTE = 0x22;
const DASH = 0x2d;
const ZERO = 0x30;
const NINE = 0x39;
const COLON = 0x3a;
const LESS = 0x3c;
const EQUALS = 0x3d;
const GREATER = 0x3e;
const OPENING = 0x5b;
const BACKSLASH = 0x5c;
const CLOSING = 0x5d;

/** facility 23, severity 7: RFC 5424 section 6.2.1. */
const MOST_PRIORITY = 191;

/**
 * Notes the fields of the message in a line, and the values of `params` behind them. Gives the
 * priority (facility · 8 + severity), -1 where none is written. Throws RecordFault BAD_FORMAT.
 */
export function readMessage(line: Line, params: readonly Param[]): number {
  const priority = readPriority(line);
  const { all, at, end } = line;
  if (priority >= 0 && all[at] === 0x31 && at + 1 < end && all[at + 1] === SPACE) {
    line.at = at + 2;
    readVersion1(line, params);
  } else readOldForm(line);
  return priority;
}

function noFit(field: string): RecordFault {
  return new RecordFault('BAD_FORMAT', `no syslog message of RFC 5424 or 3164 at '${field}'`);
}

/** <34>; a line of a log file has none. */
function readPriority(line: Line): number {
  const { all, at, end } = line;
  if (all[at] !== LESS) return -1;
  let value = 0;
  let i = at + 1;
  while (i < end && i < at + 4 && all[i]! >= ZERO && all[i]! <= NINE) {
    value = value * 10 + all[i++]! - ZERO;
  }
  const isPadded = all[at + 1] === ZERO && i > at + 2;
  if (i === at + 1 || i >= end || all[i] !== GREATER || isPadded || value > MOST_PRIORITY) {
    throw noFit('priority');
  }
  line.at = i + 1;
  return value;
}

/** RFC 5424: five fields, structured data, message. */
function readVersion1(line: Line, params: readonly Param[]): void {
  for (let field = TIME; field < DATA; field++) readToken(line, field);
  const { all, at, end } = line;
  if (at < end && all[at] === DASH) line.at++;
  else {
    readData(line, params);
    line.from[DATA] = at;
    line.to[DATA] = line.at;
  }
  if (line.at === end) return;
  if (all[line.at] !== SPACE) throw noFit('data');
  let from = line.at + 1;
  // A byte order mark says that the message is UTF-8.
  if (end - from >= 3 && all.readUIntBE(from, 3) === 0xefbbbf) from += 3;
  line.from[MESSAGE] = from;
  line.to[MESSAGE] = end;
}

/** A field up to the next space, which has to be there. */
function readToken(line: Line, field: number): void {
  const to = seek(line, line.at, line.end, SPACE);
  if (to === line.at || to === line.end) throw noFit(FIELDS[field]!);
  noteField(line, field, line.at, to);
  line.at = to + 1;
}

/** [id name="value" …][id …]: as they stand behind one another. */
function readData(line: Line, params: readonly Param[]): void {
  const { all, end } = line;
  let i = line.at;
  if (i >= end || all[i] !== OPENING) throw noFit('data');
  while (i < end && all[i] === OPENING) {
    const id = i + 1;
    i = nameEnd(line, id);
    const idEnd = i;
    while (i < end && all[i] === SPACE) {
      const name = i + 1;
      const to = nameEnd(line, name);
      if (to + 1 >= end || all[to] !== EQUALS || all[to + 1] !== QUOTE) throw noFit('data');
      i = valueEnd(line, to + 2);
      for (let k = 0; k < params.length; k++) {
        const param = params[k]!;
        if (!isAt(all, id, idEnd, param.id) || !isAt(all, name, to, param.name)) continue;
        line.from[FIELDS.length + k] = to + 2;
        line.to[FIELDS.length + k] = i;
      }
      i++;
    }
    if (i >= end || all[i] !== CLOSING) throw noFit('data');
    i++;
  }
  line.at = i;
}

/** Past a name: printable ASCII without space, '=', ']' and '"'. */
function nameEnd({ all, end }: Line, from: number): number {
  let i = from;
  while (i < end && isNameByte(all[i]!)) i++;
  if (i === from) throw noFit('data');
  return i;
}

function isNameByte(c: number): boolean {
  return c > SPACE && c < 0x7f && c !== EQUALS && c !== CLOSING && c !== QUOTE;
}

/** The quote that ends a value; a bracket within has to be escaped. */
function valueEnd({ all, end }: Line, from: number): number {
  for (let i = from; i < end; i++) {
    const c = all[i];
    if (c === QUOTE) return i;
    if (c === BACKSLASH) i++;
    else if (c === CLOSING) break;
  }
  throw noFit('data');
}

function isAt(all: Buffer, from: number, to: number, text: Buffer): boolean {
  if (to - from !== text.length) return false;
  let i = text.length - 1;
  while (i >= 0 && text[i] === all[from + i]) i--;
  return i < 0;
}

/** RFC 3164, and what is written in its place: an ISO time, no priority, no host. */
function readOldForm(line: Line): void {
  const { all, at, end } = line;
  const isIso = at < end && all[at]! >= ZERO && all[at]! <= NINE;
  const to = seek(line, isIso ? at : at + 7, end, SPACE);
  const isTime = isIso ? isIsoDate(line) : isOldDate(line);
  if (!isTime || to >= end) throw noFit('time');
  noteField(line, TIME, at, to);
  line.at = to + 1;
  const hostEnd = seek(line, line.at, end, SPACE);
  if (hostEnd === line.at) throw noFit('host');
  // A daemon that writes to its own host names itself at once: 'sshd[42]: …'.
  if (hostEnd < end && all[hostEnd - 1] !== COLON) {
    noteField(line, HOST, line.at, hostEnd);
    line.at = hostEnd + 1;
  }
  readTag(line);
  line.from[MESSAGE] = line.at;
  line.to[MESSAGE] = end;
}

/** 2026-05-02T… */
function isIsoDate({ all, at, end }: Line): boolean {
  return end - at >= 16 && all[at + 4] === DASH && all[at + 7] === DASH && all[at + 13] === COLON;
}

/** Oct 11 22:14… */
function isOldDate({ all, at, end }: Line): boolean {
  if (end - at < 15 || all[at + 3] !== SPACE || all[at + 6] !== SPACE) return false;
  return all[at + 9] === COLON && all[at + 12] === COLON;
}

/** `app: ` or `app[procid]: ` before the message; without a colon there is none. */
function readTag(line: Line): void {
  const { all, at, end } = line;
  let i = at;
  while (i < end && all[i]! > SPACE && all[i] !== COLON && all[i] !== OPENING) i++;
  const app = i;
  let procid = -1;
  if (i < end && all[i] === OPENING) {
    procid = i + 1;
    i = procid;
    while (i < end && all[i]! > SPACE && all[i] !== CLOSING) i++;
    if (i >= end || all[i] !== CLOSING) return;
    i++;
  }
  if (app === at || i >= end || all[i] !== COLON) return;
  noteField(line, APP, at, app);
  if (procid >= 0 && procid < i - 1) noteField(line, PROCID, procid, i - 1);
  line.at = i + 1 < end && all[i + 1] === SPACE ? i + 2 : i + 1;
}
