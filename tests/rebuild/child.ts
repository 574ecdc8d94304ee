import { processIo } from '../../cli/io.ts';
import { rebuild } from '../../cli/rebuild/command.ts';

// `sluice rebuild` in a process of its own, which can be killed, without the waits that AWS needs.
const pace = { settleMs: 300, paceMs: 20, marginMs: null };
process.exitCode = await rebuild(process.argv.slice(2), processIo(), pace);
