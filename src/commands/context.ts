import { readFileSync } from 'node:fs';
import type { Config, ConfigOptions, LocalConfig } from '../config/config.ts';
import { parseConfig } from '../config/config.ts';
import { parseConfigs } from '../config/every-account.ts';
import { foreignCodeOf, KnownError, refuseInput } from '../errors.ts';
import { createLogger, type Log } from '../logger.ts';
import { isSchedule } from '../scheduler.ts';
import type { Stream } from '../streams/stream.ts';

/** The part of Node's `process` that the commands use; nothing below `commands/` knows it. */
export type ProcessLike = Pick<
  NodeJS.Process,
  'argv' | 'env' | 'stdout' | 'stderr' | 'on' | 'off' | 'exit'
>;

/** Writes a line; `raw` writes text as it is. */
type Print = ((line: string) => void) & { readonly raw: (text: string) => void };

/** What a command gets from the process. */
export type CommandContext = {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Every stream that there is, in the order in which they are shown. */
  readonly streams: readonly Stream[];
  /** The command's result: stdout. */
  readonly print: Print;
  /** Progress, problems: stderr. */
  readonly printError: Print;
  readonly stdout: ProcessLike['stdout'];
  readonly stderr: ProcessLike['stderr'];
  /** Aborted by SIGTERM and SIGINT: no new request, the running page ends, then the process. */
  readonly signal: AbortSignal;
  /** The settings of every account, at least one. @throws {KnownError} `bad_input` with every problem at once */
  readonly readConfigs: () => readonly [Config, ...Config[]];
  /** The settings of the one account, or of that with the given key. @throws {KnownError} `bad_input` when that is none, or not clear */
  readonly readConfig: (account?: string) => Config;
  /** The settings that need no Zendesk account. */
  readonly readLocalConfig: () => LocalConfig;
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
        'Stopped, though something did not end in time. What was stored stays; the next run goes on there.\n',
      );
      host.exit(1);
    }, shutdownMs).unref();
  };
  // Whoever reads a pipe may leave before the end (`| head`): nothing is wrong then.
  host.stdout.on('error', leaveQuietly);
  host.on('SIGTERM', stop);
  host.on('SIGINT', stop);

  const readConfigs = (): readonly [Config, ...Config[]] =>
    parseConfigs(host.env, createConfigOptions(streams));

  return {
    env: host.env,
    streams,
    print: createPrint(host.stdout),
    printError: createPrint(host.stderr),
    stdout: host.stdout,
    stderr: host.stderr,
    signal: controller.signal,
    readConfigs,
    readConfig: (account) => chooseConfig(readConfigs(), account),
    readLocalConfig: () =>
      parseConfig(host.env, { ...createConfigOptions(streams), needs: { zendesk: false } }),
    openLog({ log }, destination = 'stderr') {
      const isResult = destination === 'stdout';
      return createLogger({
        ...log,
        level: log.level === 'info' && !isResult ? 'warn' : log.level,
        fileDescriptor: isResult ? 1 : 2,
        isTerminal: host[destination].isTTY === true,
      });
    },
    finish,
    close() {
      host.off('SIGTERM', stop);
      host.off('SIGINT', stop);
      // The listener of stdout stays: what was written last may fail only now.
    },
  };
}

/** The settings of an account by its key; without a key, of the only one. */
function chooseConfig(
  configs: readonly [Config, ...Config[]],
  account: string | undefined,
): Config {
  const keys = configs.map(({ zendesk }) => zendesk.account).join(', ');
  if (account === undefined) {
    if (configs.length === 1) return configs[0];
    throw refuseInput([`The settings have several accounts (${keys}); name one with --account.`]);
  }
  const chosen = configs.find(({ zendesk }) => zendesk.account === account);
  if (chosen !== undefined) return chosen;
  throw refuseAccount(account, keys);
}

/** The error for an account that the settings do not have. */
export function refuseAccount(account: string, known: string): KnownError {
  return refuseInput([
    `--account is ${JSON.stringify(account)}, which the settings do not have; expected ${known}; name one of these.`,
  ]);
}

function leaveQuietly(error: Error): void {
  if (foreignCodeOf(error) !== 'EPIPE') throw error;
}

/** What the parsing of settings needs from outside, for a program with these streams. */
export function createConfigOptions(streams: readonly Stream[]): ConfigOptions {
  return { streams, readFile: (path) => readFileSync(path, 'utf8'), isSchedule, now: new Date() };
}

function createPrint(stream: NodeJS.WritableStream): Print {
  const raw = (text: string): void => {
    stream.write(text);
  };
  return Object.assign((line: string) => raw(`${line}\n`), { raw });
}
