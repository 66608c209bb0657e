/** What every command works with: its context. */
import type { LocalConfig } from '../config/config.ts';
import type { Log } from '../logger.ts';
import type { Stream } from '../streams/stream.ts';
import type { Wanted } from './wanted.ts';
import type { SettingsReader } from './settings-reader.ts';

/** The part of Node's `process` that the commands use; nothing below `commands/` knows it. */
export type ProcessLike = Pick<
  NodeJS.Process,
  'argv' | 'env' | 'stdin' | 'stdout' | 'stderr' | 'on' | 'off' | 'exit' | 'cwd' | 'loadEnvFile'
>;

/** Writes a line; `raw` writes text unchanged. */
export type Print = ((line: string) => void) & { readonly raw: (text: string) => void };

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
