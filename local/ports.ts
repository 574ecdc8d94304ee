import { createServer } from 'node:net';

/**
 * Finds TCP ports of this machine that nobody listens on: the preferred ones where they are free,
 * others otherwise. Another process can still take one before it is used: be ready to ask again.
 */
export async function freePorts(preferred: readonly number[]): Promise<number[]> {
  const holds: { port: number; close: () => Promise<void> }[] = [];
  try {
    // All are held until the last is found, so that no two are the same.
    for (const port of preferred) holds.push((await hold(port)) ?? (await hold(0))!);
    return holds.map(({ port }) => port);
  } finally {
    await Promise.all(holds.map(({ close }) => close()));
  }
}

/** Listens on all interfaces, as the emulators do; null when the port is taken or not allowed. */
function hold(port: number): Promise<{ port: number; close: () => Promise<void> } | null> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(null);
      else reject(error);
    });
    server.listen(port, () => {
      const address = server.address();
      if (address === null || typeof address === 'string') return reject(new Error('no port'));
      const close = () => new Promise<void>((closed) => server.close(() => closed()));
      resolve({ port: address.port, close });
    });
  });
}
