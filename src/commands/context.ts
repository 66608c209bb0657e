import type { LocalConfig } from '../config/config.ts';
import { foreignCodeOf, KnownError } from '../errors.ts';
import { createLogger, type Log } from '../logger.ts';
import type { Stream } from '../streams/stream.ts';
import { createSettingsReader, type SettingsReader } from './settings.ts';
import { writeAbove } from './terminal/display.ts';

/** The part of Node's `process` that the commands use; nothing below `commands/` knows it. */
export type ProcessLike = Pick<
  NodeJS.Process,
  'argv' | 'env' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'off' | 'exit' | 'cwd' | 'loadEnvFile'
>;

/** Writes a line; `raw` writes text as it is. */
type Print = ((line: string) => void) & { readonly raw: (text: string) => void };

/** What a command gets from the process. */
export type CommandContext = SettingsReader & {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Every stream that there is, in the order in which they are shown. */
  readonly streams: readonly Stream[];
  /** The command's result: stdout. */
  readonly print: Print;
  /** Progress, problems: stderr. */
  readonly printError: Print;
  readonly stdin: ProcessLike['stdin'];
  readonly stdout: ProcessLike['stdout'];
  readonly stderr: ProcessLike['stderr'];
  /** Aborted by SIGTERM and SIGINT: no new request, the running page ends, then the process. */
  readonly signal: AbortSignal;
  /** Hands Ctrl-C over until the function is called that it returns: it then ends a statement, not the program. */
  readonly takeInterrupts: (interrupt: () => void) => () => void;
  /**
   * The log goes to stderr, because stdout has the result, and speaks only of trouble unless asked for more. On stdout it is
   * itself the result: that of the service. Default: `stderr`.
   */
  readonly openLog: (config: LocalConfig, destination?: 'stdout' | 'stderr') => Log;
  /** Says with which status the program ends; 0 without it. */
  readonly finish: (status: number) => void;
  readonly close: () => void;
};

/** After a signal the process ends within this time, whatever still hangs. */
const shutdownMs = 9000;

/** Some supervisors send a signal to the program and to what started it, which passes it on: that is one wish, not two. */
const sameWishMs = 1000;

/** Creates the context of one command for a program with these streams. A second signal, a while after the first, ends the process at once. */
export function createContext(
  host: ProcessLike,
  streams: readonly Stream[],
  finish: CommandContext['finish'],
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
  // Whoever reads a pipe may leave before the end (`| head`): nothing is wrong then.
  host.stdout.on('error', leaveQuietly);
  host.on('SIGTERM', stop);
  let interrupt = stop;
  const onInterrupt = (): void => interrupt();
  host.on('SIGINT', onInterrupt);

  const printError = createPrint(host.stderr);
  return {
    env: host.env,
    streams,
    print: createPrint(host.stdout),
    printError,
    stdin: host.stdin,
    stdout: host.stdout,
    stderr: host.stderr,
    signal: controller.signal,
    takeInterrupts(handler) {
      interrupt = handler;
      return () => {
        interrupt = stop;
      };
    },
    ...createSettingsReader(host.env, streams, printError),
    openLog({ log }, destination = 'stderr') {
      const isResult = destination === 'stdout';
      return createLogger({
        ...log,
        level: log.level === 'info' && !isResult ? 'warn' : log.level,
        fileDescriptor: isResult ? 1 : 2,
        isTerminal: host[destination].isTTY === true,
        writeTerminal: (text) => writeAbove(host, host[destination], text),
      });
    },
    finish,
    close() {
      host.off('SIGTERM', stop);
      host.off('SIGINT', onInterrupt);
      // The listener of stdout stays: what was written last may fail only now.
    },
  };
}

function leaveQuietly(error: Error): void {
  if (foreignCodeOf(error) !== 'EPIPE') throw error;
}

function createPrint(stream: NodeJS.WritableStream): Print {
  const raw = (text: string): void => {
    stream.write(text);
  };
  return Object.assign((line: string) => raw(`${line}\n`), { raw });
}
