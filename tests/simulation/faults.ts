import { createRandom } from './random.ts';

/** What goes wrong in a simulated world, by kind. A seed switches on a random subset. */
export const FAULTS = {
  repeat: 'a batch is delivered twice, or its first part before it',
  rewind: 'redelivery from an older checkpoint, with other boundaries',
  bisect: 'batches are halved on an error',
  error: 'an invocation fails before it begins, or after all its writes',
  timeout: 'an invocation ends before, during or after its writes; what was sent lands',
  killed: 'a sandbox dies, and what it has sent lands up to two minutes later, or never',
  zombie: 'an invocation is given up, and works on beside its retry',
  pollers: 'two pollers read the same shards',
  'not-invoked': 'Lambda is throttled',
  'read-failed': 'the stream does not answer',
  reconfigured: 'other batch settings and new sandboxes between tries',
  partial: 'writes of some items fail for a whole invocation',
  throttled: 'hot items refuse most requests for a while',
  unanswered: 'a request is applied, its answer is lost, and the client sends it again',
  unavailable: 'DynamoDB answers 5xx, before or after it applied the request',
  'fault-store': 'a fault cannot be set aside at the first try',
  split: 'shards are split',
  merge: 'shards are merged',
  backlog: 'the function starts late, with open and closed shards full of records',
  disorder: 'event times out of order',
  late: 'events later than the allowance, and just inside it',
  clocks: 'event times in 1970 and in the future, and none at all',
  'bad-data': 'records that are no row: bad JSON, encoding, format, type, base64',
  damaged: 'aggregates that were changed on their way',
  're-sent': 'the KPL works with an old shard map, and sends again what went to the wrong shard',
  duplicate: 'a producer puts the same record twice: two records, both count',
  ttl: 'TTL deletes what has expired; hours or days pass, and records leave the stream',
  restored: 'the tables are restored to an earlier time, and the stream is read again from there',
  mended:
    'the schema refuses sound events, is mended and deployed on the way, and what was refused is redriven',
  program: 'a changed program reads the stream from its start beside the old one; not with mended',
  window: 'Lambda keeps the state of tumbling windows, and groups are written when they end',
  early: 'Lambda ends windows early, at any batch',
  'state-ahead': 'records come again with a state that holds them already',
  switched: 'window state is switched on and off, by mappings that read again without a state',
  rebuild: 'the rows are rebuilt beside the live ones by processes that die, and take over',
  full: 'items that take few rows, as DynamoDB takes 400 KB; not with mended, restored or rebuild',
  handler: 'a handler of a user’s own throws, and takes the record at a later try',
} as const;

export type Fault = keyof typeof FAULTS;
export const FAULT_KINDS = Object.keys(FAULTS) as readonly Fault[];

/** The kinds of a seed: each with a chance that differs from seed to seed, so few and many. */
export function chooseFaults(seed: number): ReadonlySet<Fault> {
  const random = createRandom(seed, 'faults');
  const share = random.pick([0.1, 0.15, 0.2, 0.3, 0.5, 1]);
  return new Set(FAULT_KINDS.filter(() => random.chance(share)));
}
