import type { Command } from 'commander';
import { createClassifier } from '../../classification/classifier.ts';
import { createPartitionKeeper } from '../../database/partitions.ts';
import { refuseInput } from '../../errors.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabases } from '../session.ts';
import { showLines } from '../terminal/display.ts';
import { formatNumber } from '../terminal/words.ts';
import { openArchiveOf } from './place.ts';
import { chooseLogs } from './run.ts';

type RestoreFlags = {
  readonly stream: string;
  readonly month: string;
  readonly account?: string;
  readonly into?: string;
};

/** `archive restore`: brings the rows of a month back into the database. */
export function addArchiveRestore(archive: Command, context: CommandContext): void {
  const command = archive
    .command('restore')
    .description('bring a month back into its table, where reports and rules find it again')
    .requiredOption('--stream <name>', 'which log')
    .requiredOption('--month <month>', 'which month: 2025-10')
    .option('--account <key>', 'of one of the accounts (default: of all)')
    .option('--into <schema>', 'into a table of this schema instead, only to look at it')
    .action(async (flags: RestoreFlags) => restore(context, flags));
  addExample(command, 'zendesk-log-sync archive restore --stream access_logs --month 2025-10');
}

async function restore(context: CommandContext, flags: RestoreFlags): Promise<void> {
  const { stream: name, month, account, into } = flags;
  const problems: string[] = [];
  const [stream] = chooseLogs(context, name, problems);
  if (!/^\d{4}-(?:0[1-9]|1[0-2])$/.test(month))
    problems.push(`--month is "${month}". Use a month such as 2025-10.`);
  if (
    into !== undefined &&
    (!/^[a-z_][a-z0-9_]{0,62}$/.test(into) || /^(?:zendesk|pg_)/.test(into))
  )
    problems.push(
      `--into is "${into}". Use the name of a schema in small letters, digits and _ that does not begin with zendesk or pg_.`,
    );
  if (stream === undefined || problems.length > 0) throw refuseInput(problems);
  const { signal } = context;
  let line = 'The objects are looked up.';
  const end = showLines(context, { terminalMs: 2000, plainMs: 10_000 }, () => [line]);
  const { restoreMonth } = await import('../../archive/restore.ts');
  const { requireOwner } = await import('../../archive/rights.ts');
  const restored = await withLocalDatabases(context, async ({ db }, config) => {
    await requireOwner(db, [stream], 'archive restore');
    return restoreMonth(db, {
      store: openArchiveOf(config, signal),
      stream,
      month: `${month}-01`,
      account,
      into,
      classify: createClassifier(config.accessRules),
      ensurePartitions: createPartitionKeeper(db),
      report: (done) => (line = `${formatNumber(done)} rows are back`),
      signal,
    });
  }).finally(end);
  const rows = restored.reduce((sum, each) => sum + each, 0);
  const table = `${into ?? 'zendesk'}.${name}`;
  context.print(
    rows === 0
      ? `Nothing of ${name} of ${month} is in the archive alone.`
      : into === undefined
        ? `${formatNumber(rows)} rows are back in ${table}. The next "archive run" brings them to the archive again: set a hold, or ARCHIVE_SCHEDULE=off, to keep them.`
        : `${formatNumber(rows)} rows are in ${table}. They count nowhere; drop the table when you have seen it.`,
  );
}
