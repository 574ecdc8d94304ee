import { parentPort, workerData } from 'node:worker_threads';
import { startDynamodb } from '../local/dynamodb.ts';

/** The emulator in a thread of its own, so that its work is not counted as that of who calls it. */
const { endpoint } = await startDynamodb({ tables: workerData });
parentPort!.postMessage(endpoint);
