/**
 * Loaded before each test file by `scripts/test.ts`: ends a file that takes longer than 300 seconds, which node:test
 * does not do when a connection or timer stays open. In a thread, so that an endless loop ends too.
 */
import { isMainThread, Worker } from 'node:worker_threads';

const limitSeconds = 300;

if (isMainThread) {
  const program = `
    setTimeout(() => {
      require('node:fs').writeSync(2, 'The test file took longer than ${limitSeconds} seconds.\\n');
      process.kill(process.pid, 'SIGKILL');
    }, ${limitSeconds * 1000});`;
  new Worker(program, { eval: true, execArgv: [], env: {} }).unref();
}
