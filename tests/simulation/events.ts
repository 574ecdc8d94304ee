import type { FaultReason } from '../../shared/records/types.ts';
import type { Fault } from './faults.ts';
import { LATENESS, MINUTE, SKEW } from './program.ts';
import type { Random } from './random.ts';

/** What a producer wants to tell, and the bytes in which it says so. */
export interface UserEvent {
  readonly partitionKey: string;
  readonly explicitHashKey?: string;
  readonly at: number | null;
  readonly who: string | null;
  readonly item: string | null;
  /** In units of 1/10,000: exact. */
  readonly amount: bigint | null;
  readonly n: number | null;
  /** Set where the bytes are no row. */
  readonly bad: FaultReason | null;
  readonly data: Buffer;
}

/** Keys that need escaping or have no text are groups like any other. */
const PEOPLE = ['ann', 'ann', 'bob', 'cy|d\\', '', null];
const ITEMS = ['apple', 'apple', 'bread', 'bread', 'corn', 'dates', null];

/** An event as it would be told at `now`; its partition key has nothing to do with its groups. */
export function createEvent(random: Random, faults: ReadonlySet<Fault>, now: number): UserEvent {
  const content = {
    at: eventTime(random, faults, now),
    who: random.pick(PEOPLE),
    item: random.pick(ITEMS),
    amount: random.chance(0.1) ? null : amount(random),
    n: random.chance(0.1) ? null : random.whole(-4, 5),
  };
  const bad = faults.has('bad-data') && random.chance(0.08);
  const written = bad ? badBytes(random, content) : { bad: null, data: Buffer.from(json(content)) };
  const explicit = random.chance(0.1) && { explicitHashKey: hashKey(random) };
  return { partitionKey: `key-${random.whole(0, 60)}`, ...explicit, ...content, ...written };
}

type Content = Pick<UserEvent, 'at' | 'who' | 'item' | 'amount' | 'n'>;

function eventTime(random: Random, faults: ReadonlySet<Fault>, now: number): number | null {
  if (faults.has('clocks') && random.chance(0.08)) {
    return random.pick([null, 5_000, now + SKEW, now + SKEW + 1, now + 86_400_000]);
  }
  if (faults.has('late') && random.chance(0.25)) {
    const edge = Math.floor((now - LATENESS) / MINUTE) * MINUTE;
    return random.pick([edge - 1, edge, now - random.whole(0, 2 * LATENESS + 2 * MINUTE)]);
  }
  return now - random.whole(0, faults.has('disorder') ? LATENESS : 5_000);
}

/** Small and large ones: floating-point sums of them depend on the order. */
function amount(random: Random): bigint {
  const size = random.pick([100, 10_000, 1_000_000_000_000]);
  return BigInt(random.whole(-size, size));
}

function hashKey(random: Random): string {
  return String((BigInt(random.whole(0, 2 ** 32 - 1)) << 96n) + BigInt(random.whole(0, 1_000)));
}

function json({ at, who, item, amount: value, n }: Content): string {
  const price = value === null ? 'null' : decimal(value);
  return `{"at":${at},"who":${JSON.stringify(who)},"item":${JSON.stringify(item)},"amount":${price},"n":${n}}`;
}

function badBytes(random: Random, content: Content): Pick<UserEvent, 'bad' | 'data'> {
  const text = json(content);
  const broken: [FaultReason, Buffer][] = [
    ['BAD_JSON', Buffer.from(text.slice(0, -2))],
    ['BAD_JSON', Buffer.alloc(0)],
    ['BAD_ENCODING', Buffer.concat([Buffer.from('{"who":"'), Buffer.of(0xff), Buffer.from('"}')])],
    ['BAD_FORMAT', Buffer.from(`[${text}]`)],
    ['BAD_TYPE', Buffer.from(text.replace(/"n":.*/, '"n":"many"}'))],
    ['BAD_TYPE', Buffer.from(text.replace(/"at":[^,]*/, '"at":"noon"'))],
  ];
  const [bad, data] = random.pick(broken);
  return { bad, data };
}

/** Units of 1/10,000 as decimal text without trailing zeros: how a table shows them. */
export function decimal(units: bigint): string {
  const digits = String(units < 0n ? -units : units).padStart(5, '0');
  const fraction = digits.slice(-4).replace(/0+$/, '');
  const text = fraction === '' ? digits.slice(0, -4) : `${digits.slice(0, -4)}.${fraction}`;
  return units < 0n ? `-${text}` : text;
}
