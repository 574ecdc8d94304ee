import type { KinesisStreamBatchResponse } from 'aws-lambda';
import type { KinesisBatch } from '../../shared/records/event.ts';
import {
  checkDelivery,
  createDeliveryUpsert,
  type DeliveryEvent,
  type DeliveryResponse,
} from './from-delivery.ts';
import { createStreamUpsert } from './from-stream.ts';
import type { Services } from './services.ts';

export type UpsertEvent = KinesisBatch | DeliveryEvent;

/** Takes rows in either form, and answers in the same. Rejects for an event that is neither. */
export function createUpsert(services: Services) {
  const fromStream = createStreamUpsert(services);
  const fromDelivery = createDeliveryUpsert(services);
  return async (event: UpsertEvent): Promise<KinesisStreamBatchResponse | DeliveryResponse> => {
    if ('records' in event && Array.isArray(event.records)) {
      return fromDelivery(checkDelivery(event));
    }
    if ('Records' in event && Array.isArray(event.Records)) return fromStream(event);
    throw new Error('not an event of Kinesis, nor of a Lambda destination: who invokes this?');
  };
}
