import { CommandError } from '../../cli/errors.ts';
import { processIo } from '../../cli/io.ts';
import { rebuild } from '../../cli/rebuild/command.ts';

// `sluice rebuild` in a process of its own, which can be killed, without the waits that AWS needs.
const pace = { settleMs: 300, paceMs: 20, marginMs: null };
try {
  process.exitCode = await rebuild(process.argv.slice(2), processIo(), pace);
} catch (error) {
  if (!(error instanceof CommandError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
