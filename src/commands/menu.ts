/** The commands: their names and summaries, which the help lists, and the files with the rest, which are loaded on demand. */
import type { Command } from 'commander';
import type { CommandContext } from './context.ts';

/** Adds the options of a command and what it does. */
type Describe = (command: Command, context: CommandContext) => void;

/** A command in the list of the help. */
export type MenuEntry = {
  readonly name: string;
  readonly summary: string;
  readonly load: () => Promise<Describe>;
};

/** The commands, in the order in which the help lists them. Each has a file of its own. */
export const menu: readonly MenuEntry[] = [
  {
    name: 'init',
    summary: 'set up an account: asks, explains, tries the answers and writes .env',
    load: async () => (await import('./definitions/init.ts')).addInit,
  },
  {
    name: 'login',
    summary: 'log in as a person, for ZENDESK_OAUTH_GRANT=refresh_token; once, or again',
    load: async () => (await import('./login.ts')).addLogin,
  },
  {
    name: 'serve',
    summary: 'follow the logs on their schedules until you stop it; the default command',
    load: async () => (await import('./definitions/serve.ts')).addServe,
  },
  {
    name: 'sync',
    summary: 'make one complete pass now; status 0 only if every requested stream is complete',
    load: async () => (await import('./sync.ts')).addSync,
  },
  {
    name: 'backfill',
    summary: 'read a time range of a log now, even if it is already covered',
    load: async () => (await import('./backfill.ts')).addBackfill,
  },
  {
    name: 'status',
    summary: 'the state of each stream: what is covered, what is missing, how fresh it is',
    load: async () => (await import('./status.ts')).addStatus,
  },
  {
    name: 'report',
    summary: 'answer a question from the stored rows, and say how complete the answer is',
    load: async () => (await import('./report.ts')).addReport,
  },
  {
    name: 'verify',
    summary: 'check the stored history against its sealed log; status 1 on any finding',
    load: async () => (await import('./verify.ts')).addVerify,
  },
  {
    name: 'evidence',
    summary: 'write rows with their proofs into one file, and check such a file: export, verify',
    load: async () => (await import('./evidence.ts')).addEvidence,
  },
  {
    name: 'archive',
    summary: 'old months as Parquet in a directory or a bucket: run, list, verify, restore, repair',
    load: async () => (await import('./archive.ts')).addArchive,
  },
  {
    name: 'keys',
    summary: 'the keys that sign the sealed log: make, show, rotate',
    load: async () => (await import('./keys.ts')).addKeys,
  },
  {
    name: 'hold',
    summary:
      'protect a part of the history from retention, archive and erasure: add, list, release',
    load: async () => (await import('./hold.ts')).addHold,
  },
  {
    name: 'retention',
    summary: 'drop the history that RETENTION does not keep: plan shows it, apply does it',
    load: async () => (await import('./retention.ts')).addRetention,
  },
  {
    name: 'erase',
    summary: 'erase the personal data of one person; every proof stays valid',
    load: async () => (await import('./erase.ts')).addErase,
  },
  {
    name: 'gaps',
    summary: 'what is not stored, why, and what closing it costs; status 1 if gaps remain',
    load: async () => (await import('./gaps.ts')).addGaps,
  },
  {
    name: 'reconcile',
    summary: 'read a time range again and compare; status 1 if Zendesk shows something else',
    load: async () => (await import('./reconcile.ts')).addReconcile,
  },
  {
    name: 'sql',
    summary:
      'query the database: one statement, several separated by ";", from stdin, or at a prompt (psql if it is installed)',
    load: async () => (await import('./sql.ts')).addSql,
  },
  {
    name: 'connection',
    summary: 'show how other programs connect to the database: url, host, port, user, password',
    load: async () => (await import('./connection.ts')).addConnection,
  },
  {
    name: 'audit',
    summary: "one record of the audit log, or Zendesk's own export of it",
    load: async () => (await import('./audit.ts')).addAudit,
  },
  {
    name: 'findings',
    summary: 'acknowledge what the rules found, or have the rules look at a time range again',
    load: async () => (await import('./findings.ts')).addFindings,
  },
  {
    name: 'quarantine',
    summary: 'the records that could not be stored: list, show, retry',
    load: async () => (await import('./quarantine.ts')).addQuarantine,
  },
  {
    name: 'alerts',
    summary: 'test the channels for alerts, and list the alerts that still hold: test, list',
    load: async () => (await import('./alerts.ts')).addAlerts,
  },
  {
    name: 'account',
    summary: 'move an account to another database with all its proofs: move',
    load: async () => (await import('./account.ts')).addAccount,
  },
  {
    name: 'classify',
    summary: 'list requests that no rule matches, or apply changed rules to stored rows',
    load: async () => (await import('./classify.ts')).addClassify,
  },
  {
    name: 'migrate',
    summary: 'bring the database to the schema of this program',
    load: async () => (await import('./migrate.ts')).addMigrate,
  },
  {
    name: 'distribute',
    summary: 'spread the tables over the servers of Citus, by account',
    load: async () => (await import('./distribute.ts')).addDistribute,
  },
  {
    name: 'doctor',
    summary: 'check settings, Zendesk and database, and say what to do; writes nothing',
    load: async () => (await import('./definitions/doctor.ts')).addDoctor,
  },
  {
    name: 'demo',
    summary: 'see it work: an embedded Postgres, a simulated Zendesk account, 90 days of both logs',
    load: async () => (await import('./definitions/demo.ts')).addDemo,
  },
  {
    name: 'simulate',
    summary: 'run only the simulated Zendesk, to try this or another program against it',
    load: async () => (await import('./simulate.ts')).addSimulate,
  },
  {
    name: 'completion',
    summary: 'print a script that completes commands and options in your shell',
    load: async () => (await import('./completion.ts')).addCompletion,
  },
];

/** The default command. */
export const usualCommand = 'serve';

/**
 * The commands to load completely for these arguments: the named one, or the default one, which also suggests what an
 * unknown word might mean. None for the help or the version; undefined for all.
 */
export function findNamed(words: readonly string[]): readonly MenuEntry[] | undefined {
  const [first, second] = words;
  if (first === 'completion') return undefined;
  if (first !== undefined && ['--help', '-h', '--version', '-V'].includes(first)) return [];
  if (first === 'help') return menu.filter(({ name }) => name === second);
  const named = menu.filter(({ name }) => name === first);
  return named.length > 0 ? named : menu.filter(({ name }) => name === usualCommand);
}
