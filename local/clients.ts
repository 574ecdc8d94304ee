import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** The emulators accept any; real ones must never be sent to them. */
export const CREDENTIALS = { accessKeyId: 'local', secretAccessKey: 'local' };
export const REGION = 'us-east-1';
export const ACCOUNT = '000000000000';

/** A client of an emulated Kinesis. The SDK's default is HTTP/2, which its plain port does not speak. */
export function kinesisClient(endpoint: string): KinesisClient {
  const requestHandler = new NodeHttpHandler();
  return new KinesisClient({ endpoint, region: REGION, credentials: CREDENTIALS, requestHandler });
}

export function dynamodbClient(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region: REGION, credentials: CREDENTIALS });
}

/** What a function's process needs to reach the emulators instead of AWS. */
export function emulatorEnvironment(endpoints: {
  readonly kinesis: string;
  readonly dynamodb: string;
}): Record<string, string> {
  return {
    AWS_ENDPOINT_URL_KINESIS: endpoints.kinesis,
    AWS_ENDPOINT_URL_DYNAMODB: endpoints.dynamodb,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: CREDENTIALS.accessKeyId,
    AWS_SECRET_ACCESS_KEY: CREDENTIALS.secretAccessKey,
  };
}
