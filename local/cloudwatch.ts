import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface LocalCloudWatch {
  readonly endpoint: string;
  stop(): Promise<void>;
}

/** A value of a metric in the minute that begins at `at`, ms since 1970. */
export interface Datapoint {
  readonly at: number;
  readonly value: number;
}

/** The minutes of a stream's metric from `from` to before `to`. */
export type Metrics = (metric: string, stream: string, from: number, to: number) => Datapoint[];

/**
 * CloudWatch as far as the scaler uses it: GetMetricData for metrics of a stream by the minute, which
 * `metrics` makes up. No emulator of it is small enough to be a package here. It ends with `stop`.
 * https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html
 */
export async function startCloudWatch(metrics: Metrics): Promise<LocalCloudWatch> {
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: object) => {
      response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' });
      response.end(JSON.stringify(body));
    };
    try {
      const target = String(request.headers['x-amz-target']);
      if (!target.endsWith('.GetMetricData')) throw new Error(`${target} is not emulated`);
      answer(200, { MetricDataResults: results(await bodyOf(request), metrics) });
    } catch (error) {
      answer(400, { __type: 'InvalidParameterValueException', message: String(error) });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** What is read of a request; times are in seconds. */
interface Request {
  readonly StartTime: number;
  readonly EndTime: number;
  readonly MetricDataQueries: readonly {
    readonly Id: string;
    readonly MetricStat: {
      readonly Period: number;
      readonly Metric: {
        readonly Namespace: string;
        readonly MetricName: string;
        readonly Dimensions: readonly { readonly Name: string; readonly Value: string }[];
      };
    };
  }[];
}

async function bodyOf(request: IncomingMessage): Promise<Request> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return JSON.parse(Buffer.concat(chunks).toString()) as Request;
}

function results({ StartTime, EndTime, MetricDataQueries }: Request, metrics: Metrics) {
  return MetricDataQueries.map(({ Id, MetricStat: { Metric, Period } }) => {
    const { Namespace, MetricName, Dimensions } = Metric;
    const [dimension] = Dimensions;
    if (Namespace !== 'AWS/Kinesis' || Period !== 60 || dimension?.Name !== 'StreamName') {
      throw new Error(`${Namespace} ${MetricName} by ${Period} s is not emulated`);
    }
    const points = metrics(MetricName, dimension.Value, StartTime * 1_000, EndTime * 1_000);
    return {
      Id,
      Label: MetricName,
      StatusCode: 'Complete',
      Timestamps: points.map(({ at }) => at / 1_000),
      Values: points.map(({ value }) => value),
    };
  });
}
