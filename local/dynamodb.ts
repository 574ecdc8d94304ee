import type { AddressInfo } from 'node:net';
import { CreateTableCommand, type DynamoDBClient } from '@aws-sdk/client-dynamodb';
import dynalite from 'dynalite';
import { dynamodbClient } from './clients.ts';
import { freePorts } from './ports.ts';

export interface LocalDynamodb {
  readonly endpoint: string;
  readonly port: number;
  readonly client: DynamoDBClient;
  stop(): Promise<void>;
}

export interface DynamodbOptions {
  /** Tables to make, each with partition key `pk` and sort key `sk`, both strings. */
  readonly tables: readonly string[];
  /** The port to use if it is free; otherwise, and by default, any free one. */
  readonly port?: number;
}

/** Starts dynalite in this process, in memory: its content ends with `stop`. */
export async function startDynamodb(options: DynamodbOptions): Promise<LocalDynamodb> {
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  const [wanted] = await freePorts([options.port ?? 0]);
  const port = (await listen(wanted!)) ?? (await listen(0))!;
  const endpoint = `http://127.0.0.1:${port}`;
  const client = dynamodbClient(endpoint);
  for (const table of options.tables) await createTable(client, table);
  return { endpoint, port, client, stop };

  /** Null when somebody was faster and has the port. */
  function listen(port: number): Promise<number | null> {
    return new Promise((resolve, reject) => {
      const onError = (error: NodeJS.ErrnoException) => {
        if (error.code === 'EADDRINUSE') resolve(null);
        else reject(error);
      };
      server.once('error', onError);
      server.listen(port, '127.0.0.1', () => {
        server.off('error', onError);
        resolve((server.address() as AddressInfo).port);
      });
    });
  }

  async function stop(): Promise<void> {
    client.destroy();
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

/** A table with the service's key schema. Its name has at least 3 characters, as on AWS. */
export async function createTable(client: DynamoDBClient, name: string): Promise<void> {
  await client.send(
    new CreateTableCommand({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'pk', KeyType: 'HASH' },
        { AttributeName: 'sk', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'pk', AttributeType: 'S' },
        { AttributeName: 'sk', AttributeType: 'S' },
      ],
    }),
  );
}
