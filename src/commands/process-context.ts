/** The context of a command in a process: its streams, its signals and its settings. */
import { KnownError } from '../errors.ts';
import type { Stream } from '../streams/stream.ts';
import type { CommandContext, Print, ProcessLike } from './context.ts';
import { createLateParts } from './late-parts.ts';
import { widthOf, wrapLines } from './terminal/text.ts';

/** After a signal the process exits within this time, even if something hangs. */
const shutdownMs = 9000;

/** Some supervisors send a signal to the program and to its parent, which passes it on: that is one signal, not two. */
const sameWishMs = 1000;

/**
 * Creates the context of one command for a program with these streams. A second signal, some time after the first, ends the
 * process at once.
 */
export function createContext(
  host: ProcessLike,
  streams: readonly Stream[],
  finish: CommandContext['finish'],
  wanted: CommandContext['wanted'] = () => ({}),
): CommandContext {
  const controller = new AbortController();
  let stoppedAtMs = 0;
  const stop = (): void => {
    if (controller.signal.aborted) {
      if (Date.now() - stoppedAtMs > sameWishMs) host.exit(1);
      return;
    }
    stoppedAtMs = Date.now();
    controller.abort(new KnownError('stopped', { found: 'Stopped by a signal' }));
    setTimeout(() => {
      host.stderr.write(
        'Stopped, but something did not end in time. All stored rows stay; the next run continues from there.\n',
      );
      host.exit(1);
    }, shutdownMs).unref();
  };
  host.on('SIGTERM', stop);
  let interrupt = stop;
  const onInterrupt = (): void => interrupt();
  host.on('SIGINT', onInterrupt);

  const printError = createPrint(host.stderr, (line) =>
    wrapLines(line.split('\n'), widthOf(host.stderr)).join('\n'),
  );
  return {
    env: host.env,
    wanted,
    streams,
    print: createPrint(host.stdout),
    printError,
    stdin: host.stdin,
    stdout: host.stdout,
    stderr: host.stderr,
    signal: controller.signal,
    takeInterrupts(handler) {
      interrupt = handler;
      return () => void (interrupt = stop);
    },
    ...createLateParts(host, streams, printError),
    finish,
    close() {
      host.off('SIGTERM', stop);
      host.off('SIGINT', onInterrupt);
    },
  };
}

function createPrint(
  stream: NodeJS.WritableStream,
  wrap: (line: string) => string = (line) => line,
): Print {
  const raw = (text: string): void => {
    stream.write(text);
  };
  return Object.assign((line: string) => raw(`${wrap(line)}\n`), { raw });
}
