import type { KinesisStreamBatchResponse } from 'aws-lambda';
import { isWindowed, type StreamEvent } from '../../shared/consume/consume.ts';
import { createConsumer } from './consumer.ts';
import type { Context } from './context.ts';
import { besideHeat } from './heat/beside.ts';
import { createRulesIn } from './rules.ts';
import { createWindowedConsumer, type WindowServices } from './windowed/consumer.ts';

/**
 * The function of one application. The event says whether Lambda keeps a state for it (`state: window`
 * in streams.yml): both ways may write the same items, one after the other or side by side.
 */
export function createDispatcher(context: Context, given: WindowServices) {
  // Both ways read the same shards.
  const services = { ...given, rules: given.rules ?? createRulesIn(context) };
  const ordinary = createConsumer(context, services);
  let windowed: ReturnType<typeof createWindowedConsumer> | undefined;
  const consume = (event: StreamEvent): Promise<KinesisStreamBatchResponse> => {
    if (!isWindowed(event)) return ordinary(event);
    windowed ??= createWindowedConsumer(context, services, ordinary);
    return windowed(event);
  };
  return services.heat ? besideHeat(consume, services.heat) : consume;
}
