import { HELP, parseArguments, UsageError } from './arguments.ts';
import { run } from './run.ts';

// `npm start | head`: when nobody reads any more there is nothing left to do.
process.stdout.on('error', () => process.exit());
process.exitCode = await main(process.argv.slice(2));
// The SDK's sockets and idle children would keep the process for a while; all is stopped by now.
process.exit();

/** `npm start`: gives the exit code. What is wrong is said in a line, never as a stack trace. */
async function main(args: readonly string[]): Promise<number> {
  try {
    const parsed = parseArguments(args);
    if (parsed.help) {
      process.stdout.write(HELP);
      return 0;
    }
    return await run(parsed);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`npm start: ${message}\n`);
    return error instanceof UsageError ? 2 : 1;
  }
}
