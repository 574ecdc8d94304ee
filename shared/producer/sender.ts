import type { KinesisClient } from '@aws-sdk/client-kinesis';
import { backOffMs } from './back-off.ts';
import { type Parcel, type Room, takeBatch } from './batch.ts';
import type { Entry } from './entry.ts';
import { isDue, isFull, isIdle, type Lane, putBack, takeExpired } from './lane.ts';
import type { Lanes } from './lanes.ts';
import { type Answer, putRecords } from './put-records.ts';
import { REQUEST_RECORDS, type Settings } from './settings.ts';

/** What becomes of records, told to the producer. */
export interface Outcomes {
  /** Kinesis has taken the parcel. Gives the entries that have to be sent again all the same. */
  arrived(parcel: Parcel, lane: Lane, shardId: string, sequenceNumber: string): Promise<Entry[]>;
  throttled(parcels: number): void;
  /** One request is on its way with them. */
  sent(parcels: readonly Parcel[]): void;
  /** The client has sent the request of these more than once by itself. */
  repeated(parcels: readonly Parcel[]): void;
  /** The answer to them is lost: they may be in the stream, and will be sent again. */
  unsure(entries: readonly Entry[]): void;
  expired(entries: readonly Entry[], lane: Lane): void;
  refused(entries: readonly Entry[], error: Error): void;
  aborted(entries: readonly Entry[]): void;
}

export interface SenderOptions {
  readonly client: KinesisClient;
  readonly stream: string;
  readonly settings: Settings;
  readonly lanes: Lanes;
  readonly outcomes: Outcomes;
  readonly signal: AbortSignal;
}

export interface Sender {
  /** Something was placed in this lane. */
  placed(lane: Lane): void;
  /** Sends what is due. */
  pump(): void;
}

/** Parcels of one lane, on their way in one request. */
interface Shipment {
  readonly lane: Lane;
  readonly parcels: readonly Parcel[];
}

/**
 * Sends what waits in the lanes: many lanes share a request, a lane is in one request at a time,
 * and a lane whose shard refuses rests alone. Timers run only while records wait.
 */
export function createSender(options: SenderOptions): Sender {
  const { client, stream, settings, lanes, outcomes, signal } = options;
  const underWay = new Set<AbortController>();
  let linger: NodeJS.Timeout | null = null;
  let isPumping = false;
  let isPumpPlanned = false;

  signal.addEventListener('abort', abort, { once: true });
  return { placed, pump: () => pump(false) };

  function placed(lane: Lane): void {
    if (signal.aborted) abort();
    else if (underWay.size < settings.maxRequests && isReady(lane, false, performance.now())) {
      pumpSoon();
    } else startLinger();
  }

  /** After all that is placed in one go, which may then travel together. */
  function pumpSoon(): void {
    if (isPumpPlanned) return;
    isPumpPlanned = true;
    queueMicrotask(() => {
      isPumpPlanned = false;
      pump(false);
    });
  }

  /** One timer for all lanes: what has gathered in them then shares requests. */
  function startLinger(): void {
    linger ??= setTimeout(() => {
      linger = null;
      pump(true);
    }, settings.lingerMs);
  }

  function pump(everything: boolean): void {
    // A record that expires makes room for one that waits, which is placed from within.
    if (isPumping) return;
    isPumping = true;
    lanes.adopt();
    while (underWay.size < settings.maxRequests && !signal.aborted) {
      const shipments = gather(everything);
      if (shipments.length === 0) break;
      void send(shipments);
    }
    for (const lane of lanes.all()) if (isIdle(lane) && lane.queue.length > 0) startLinger();
    isPumping = false;
  }

  function isReady(lane: Lane, everything: boolean, now: number): boolean {
    if (lane.queue.length === 0 || !isIdle(lane) || !lanes.isOpen(lane)) return false;
    return (
      everything || isFull(lane, settings, REQUEST_RECORDS) || isDue(lane, now, settings.lingerMs)
    );
  }

  /** Fills one request. Lanes take turns at being first. */
  function gather(everything: boolean): Shipment[] {
    const now = performance.now();
    const shipments: Shipment[] = [];
    let room: Room = { records: REQUEST_RECORDS, bytes: settings.requestBytes };
    for (const lane of [...lanes.all()]) {
      if (!isReady(lane, everything, now)) continue;
      const isNarrow = Number.isFinite(lane.most);
      if (isNarrow && shipments.length > 0) continue;
      const expired = takeExpired(lane, now, settings.recordTtlMs);
      if (expired.length > 0) outcomes.expired(expired, lane);
      const parcels = takeBatch(lane, settings, room);
      if (parcels.length === 0) {
        if (lane.queue.length > 0) break;
        continue;
      }
      lane.isSending = true;
      lanes.toBack(lane);
      shipments.push({ lane, parcels });
      const bytes = parcels.reduce((sum, parcel) => sum + parcel.bytes, 0);
      room = { records: room.records - parcels.length, bytes: room.bytes - bytes };
      if (isNarrow || room.records === 0) break;
    }
    return shipments;
  }

  async function send(shipments: readonly Shipment[]): Promise<void> {
    const parcels = shipments.flatMap((shipment) => shipment.parcels);
    outcomes.sent(parcels);
    const controller = new AbortController();
    underWay.add(controller);
    const timeout = setTimeout(() => controller.abort(), settings.requestTimeoutMs);
    const records = parcels.map(({ record }) => record);
    const { answers, isRepeated } = await putRecords(client, stream, records, controller.signal);
    clearTimeout(timeout);
    underWay.delete(controller);
    if (isRepeated) outcomes.repeated(parcels);
    let at = 0;
    for (const shipment of shipments) {
      const own = answers.slice(at, at + shipment.parcels.length);
      at += own.length;
      void settle(shipment, own, shipments.length === 1);
    }
    pump(false);
  }

  /** Sorts out what the answers mean for a lane, and lets it go on. */
  async function settle(
    { lane, parcels }: Shipment,
    answers: readonly Answer[],
    isOnlyLane: boolean,
  ): Promise<void> {
    const again: Entry[] = [];
    let throttled = 0;
    let failed: Error | null = null;
    let narrowed: number | null = null;
    let hasProgress = false;
    for (const [i, parcel] of parcels.entries()) {
      const answer = answers[i]!;
      if (answer.kind === 'arrived') {
        const { shardId, sequenceNumber } = answer;
        const missed = await outcomes.arrived(parcel, lane, shardId, sequenceNumber);
        for (const entry of missed) again.push(entry);
        hasProgress = true;
        continue;
      }
      const { entries } = parcel;
      if (answer.mayHaveArrived) outcomes.unsure(entries);
      if (answer.isThrottle) throttled += 1;
      const isCulprit = answer.kind === 'invalid' && isOnlyLane && countOf(parcels) === 1;
      if (answer.kind === 'never' || isCulprit) {
        outcomes.refused(entries, answer.error);
        hasProgress = true;
        continue;
      }
      if (answer.kind === 'invalid') narrowed = Math.max(1, countOf(parcels) >>> 1);
      else failed = answer.error;
      for (const entry of entries) again.push(entry);
    }
    if (throttled > 0) outcomes.throttled(throttled);
    lane.isSending = false;
    putBack(lane, again);
    if (signal.aborted) return abort();
    if (narrowed !== null) lane.most = narrowed;
    else if (hasProgress) lane.most = Number.POSITIVE_INFINITY;
    lane.lastError = failed;
    lane.failures = failed === null ? 0 : hasProgress ? 1 : lane.failures + 1;
    if (failed !== null) rest(lane);
    pump(false);
  }

  function rest(lane: Lane): void {
    lane.rest = setTimeout(() => {
      lane.rest = null;
      pump(false);
    }, backOffMs(lane.failures));
  }

  /** Gives up all that waits; what is under way is given up when its request has ended. */
  function abort(): void {
    if (linger !== null) clearTimeout(linger);
    for (const controller of underWay) controller.abort();
    for (const lane of lanes.all()) {
      if (lane.rest !== null) clearTimeout(lane.rest);
      lane.rest = null;
      const { queue } = lane;
      lane.queue = [];
      lane.queuedBytes = 0;
      outcomes.aborted(queue);
    }
  }
}

function countOf(parcels: readonly Parcel[]): number {
  return parcels.reduce((sum, { entries }) => sum + entries.length, 0);
}
