/**
 * Loaded before each test file by `scripts/test-run.ts`: ends a file that takes too long, which node:test does not do when
 * a connection or timer stays open. In a thread, so that an endless loop ends too.
 */
import { isMainThread, Worker } from 'node:worker_threads';
import { fileLimitMs } from './patience.ts';

if (isMainThread) {
  const program = `
    setTimeout(() => {
      require('node:fs').writeSync(2, 'The test file took longer than ${fileLimitMs / 1000} seconds.\\n');
      process.kill(process.pid, 'SIGKILL');
    }, ${fileLimitMs});`;
  new Worker(program, { eval: true, execArgv: [], env: {} }).unref();
}
