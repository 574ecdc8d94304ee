import type { AddressInfo } from 'node:net';
import { connect, createServer, type Socket } from 'node:net';
import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { CREDENTIALS, REGION } from '../../local/clients.ts';

/** A way to a server of this machine that can be cut. */
export interface Link {
  readonly client: DynamoDBClient;
  /** `after`: so many answers still come through. What is on its way then may arrive or not. */
  readonly cut: (after?: number) => void;
  readonly mend: () => void;
  readonly stop: () => Promise<void>;
}

export async function startLink(port: number): Promise<Link> {
  const sockets = new Set<Socket>();
  let left = Number.POSITIVE_INFINITY;
  const drop = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1');
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        sockets.delete(socket);
        near.destroy();
        far.destroy();
      });
    }
    if (left <= 0) near.destroy();
    near.pipe(far);
    far.on('data', (chunk) => {
      left -= 1;
      if (left < 0) drop();
      else near.write(chunk);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port: own } = server.address() as AddressInfo;
  const client = new DynamoDBClient({
    endpoint: `http://127.0.0.1:${own}`,
    region: REGION,
    credentials: CREDENTIALS,
    maxAttempts: 1,
  });
  return {
    client,
    cut: (after = 0) => {
      left = after;
      if (after === 0) drop();
    },
    mend: () => {
      left = Number.POSITIVE_INFINITY;
    },
    stop: async () => {
      client.destroy();
      drop();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
