/** Loaded before a program by `--import`: writes the address of each module that it loads to stderr. */
import { registerHooks } from 'node:module';
import { writeSync } from 'node:fs';

registerHooks({
  load(url, context, next) {
    write(`loaded ${url}\n`);
    return next(url, context);
  },
});

/** Writes a complete line; waits while the pipe is full, because its reader is busy. */
function write(line: string): void {
  for (;;) {
    try {
      writeSync(2, line);
      return;
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    }
  }
}
