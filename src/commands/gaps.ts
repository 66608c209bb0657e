import type { Command } from 'commander';
import type { LocalConfig } from '../config/config.ts';
import type { Database } from '../database/client.ts';
import { refuseInput } from '../errors.ts';
import { listLogs } from '../streams/registry.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';
import { listForPrograms } from './databases.ts';
import { examineAccount, type AccountGaps } from '../ingest/account-gaps.ts';
import { chooseLogs, type GapsFlags } from './gaps/account.ts';
import { describeGaps, printGaps } from './gaps/page.ts';
import { repairGaps } from './gaps/repair.ts';
import { refuseAccount } from './environment.ts';
import { withLocalDatabases } from './session.ts';
import { toJson } from './terminal/words.ts';

/** `gaps`: what is not stored, why, and what it costs to read it; `--repair` reads it. Status 1 while something can be closed. */
export function addGaps(command: Command, context: CommandContext): void {
  command
    .option('--repair', 'read the gaps now; asks first')
    .option('--yes', 'with --repair: do not ask')
    .option('--stream <name>', 'one of the logs (default: all)')
    .option('--account <key>', 'one of the accounts (default: all)')
    .option('--json', 'print the result as JSON')
    .action(async (flags: GapsFlags) => context.finish(await runGaps(context, flags)));
  addExample(command, 'zendesk-log-sync gaps --repair --stream access_logs');
}

async function runGaps(context: CommandContext, flags: GapsFlags): Promise<number> {
  checkFlags(context, flags);
  if (flags.repair === true) return repairGaps(context, flags);
  const examined = await withLocalDatabases(context, ({ db }, config) =>
    examineStored(context, flags, db, config),
  );
  const results = examined.flat();
  if (flags.json === true) {
    const described = results.map((result) => describeGaps(result));
    context.print(toJson(listForPrograms(context, described)));
  } else for (const result of results) printGaps(context, result);
  return results.every(({ gaps }) => gaps.every(({ canClose }) => !canClose)) ? 0 : 1;
}

function checkFlags(
  { streams, stdin, stdout }: CommandContext,
  { repair = false, yes = false, stream, json = false }: GapsFlags,
): void {
  const problems: string[] = [];
  const logs = listLogs(streams).map(({ name }) => name);
  if (stream !== undefined && !logs.includes(stream))
    problems.push(`--stream is "${stream}". Use ${logs.join(' or ')}.`);
  if (yes && !repair)
    problems.push('--yes answers the question of --repair. Add --repair, or leave out --yes.');
  if (repair && !yes && json)
    problems.push('--repair asks before it reads, and --json prints nothing else. Add --yes.');
  else if (repair && !yes && !(stdin.isTTY && stdout.isTTY))
    problems.push('--repair asks before it reads, and there is no terminal to ask on. Add --yes.');
  if (problems.length > 0) throw refuseInput(problems);
}

async function examineStored(
  context: CommandContext,
  flags: GapsFlags,
  db: Database,
  config: LocalConfig,
): Promise<readonly AccountGaps[]> {
  const rows = await db.query<{ account: string }>(
    'select distinct account from zendesk_sync.streams order by account',
  );
  const stored = rows.map(({ account }) => account);
  const configured = context.env['ZENDESK_SUBDOMAIN'] ?? '';
  const known = stored.length === 0 && configured !== '' ? [configured] : stored;
  if (flags.account !== undefined && !known.includes(flags.account))
    throw known.length === 0
      ? refuseInput(['Nothing has been pulled yet. Run "sync" or "serve" first.'])
      : refuseAccount(flags.account, known.join(', '));
  if (known.length === 0)
    throw refuseInput(['Nothing has been pulled yet. Run "sync" or "serve" first.']);
  const results: AccountGaps[] = [];
  for (const account of known.filter((key) => key === (flags.account ?? key)))
    results.push(await examineAccount(db, account, chooseLogs(context, flags, config), config));
  return results;
}
