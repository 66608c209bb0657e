import type { LocalConfig } from '../config/config.ts';
import { KnownError } from '../errors.ts';
import type { Log } from '../logger.ts';
import type { Stream } from '../streams/stream.ts';
import type { Wanted } from './databases.ts';
import type { SettingsReader } from './settings.ts';
import { createLateParts } from './late-parts.ts';
import { widthOf, wrapLines } from './terminal/text.ts';

/** The part of Node's `process` that the commands use; nothing below `commands/` knows it. */
export type ProcessLike = Pick<
  NodeJS.Process,
  'argv' | 'env' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'off' | 'exit' | 'cwd' | 'loadEnvFile'
>;

/** Writes a line; `raw` writes text unchanged. */
type Print = ((line: string) => void) & { readonly raw: (text: string) => void };

/** What the process gives to a command. */
export type CommandContext = SettingsReader & {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** The account and the database that the arguments name. */
  readonly wanted: () => Wanted;
  /** Every stream, in the order in which they are shown. */
  readonly streams: readonly Stream[];
  /** The command's result: stdout. */
  readonly print: Print;
  /** Progress and problems: stderr. A terminal gets long lines broken between words. */
  readonly printError: Print;
  readonly stdin: ProcessLike['stdin'];
  readonly stdout: ProcessLike['stdout'];
  readonly stderr: ProcessLike['stderr'];
  /** Aborted by SIGTERM and SIGINT: no new request begins, the running page ends, then the process exits. */
  readonly signal: AbortSignal;
  /** Takes over Ctrl-C until the returned function is called: meanwhile it ends a statement, not the program. */
  readonly takeInterrupts: (interrupt: () => void) => () => void;
  /**
   * The log goes to stderr, because stdout has the result, and by default it has only problems. On stdout the log itself is
   * the result, as for the service. Default: `stderr`.
   */
  readonly openLog: (config: LocalConfig, destination?: 'stdout' | 'stderr') => Log;
  /** Sets the exit status of the program; 0 by default. Of several the highest counts. */
  readonly finish: (status: number) => void;
  /** Loads what reads settings and writes logs: before a command acts, and not for its help. */
  readonly prepare: () => Promise<void>;
  readonly close: () => void;
};

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
