/** Why the function was invoked. */
export interface WakeUp {
  readonly by: 'schedule' | 'alarm';
  /** Of the alarm or the rule; null if it does not say. */
  readonly name: string | null;
  /** What an alarm has changed to. */
  readonly state: string | null;
  /** Streams that the alarm's metrics are of. Empty: it does not say, as a composite alarm. */
  readonly streams: readonly string[];
}

/**
 * The wake-ups of an event: a schedule of EventBridge, an alarm by itself, through SNS (several may
 * come at once) or through EventBridge. Empty for anything else. Only what can be relied on is
 * read: the state of the stream is looked up, never taken from an event, which may be old.
 *
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-actions-Lambda.html
 */
export function readWakeUps(event: unknown): WakeUp[] {
  const body = asMap(event);
  if (Array.isArray(body.Records)) return body.Records.flatMap(ofSns);
  if (body.source === 'aws.events') {
    const [rule] = Array.isArray(body.resources) ? body.resources : [];
    return [{ by: 'schedule', name: text(rule), state: null, streams: [] }];
  }
  if (body.source !== 'aws.cloudwatch') return [];
  const alarm = asMap(body.alarmData ?? body.detail);
  const name = text(alarm.alarmName);
  if (name === null) return [];
  const metrics = list(asMap(alarm.configuration).metrics).map((one) => {
    const { metric } = asMap(asMap(one).metricStat);
    return Object.entries(asMap(asMap(metric).dimensions));
  });
  const state = text(asMap(alarm.state).value);
  return [{ by: 'alarm', name, state, streams: streamsIn(metrics.flat()) }];
}

/** Its message is JSON as text, and names everything otherwise than an alarm that comes by itself. */
function ofSns(record: unknown): WakeUp[] {
  const message = parse(asMap(asMap(record).Sns).Message);
  const name = text(message.AlarmName);
  if (name === null) return [];
  const trigger = asMap(message.Trigger);
  const metrics = list(trigger.Metrics).map((one) => asMap(asMap(one).MetricStat).Metric);
  const dimensions = [trigger, ...metrics].flatMap((one) =>
    list(asMap(one).Dimensions).map((dimension): [string, unknown] => {
      const { name, value } = asMap(dimension);
      return [String(name), value];
    }),
  );
  const state = text(message.NewStateValue);
  return [{ by: 'alarm', name, state, streams: streamsIn(dimensions) }];
}

/** Kinesis's own metrics have the dimension StreamName, those of the scaler Stream. */
function streamsIn(dimensions: readonly (readonly [string, unknown])[]): string[] {
  const named = dimensions.filter(([name]) => name === 'StreamName' || name === 'Stream');
  return [...new Set(named.map(([, value]) => String(value)))];
}

function parse(message: unknown): Readonly<Record<string, unknown>> {
  if (typeof message !== 'string') return {};
  try {
    return asMap(JSON.parse(message));
  } catch {
    // Somebody's plain text on the same topic: no alarm.
    return {};
  }
}

function asMap(value: unknown): Readonly<Record<string, unknown>> {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value);
  return isMap ? (value as Record<string, unknown>) : {};
}

function list(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
