/**
 * Preloaded into child processes that have a channel to their parent. The channel closes when the
 * parent ends, however it ends (also by SIGKILL), and the child goes with it.
 */
process.on('disconnect', () => process.exit(0));
