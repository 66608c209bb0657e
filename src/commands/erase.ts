import type { Command } from 'commander';
import { refuseInput } from '../errors.ts';
import { openArchive } from '../archive/store.ts';
import { chooseAccount } from '../reports/shared/account.ts';
import type { Erased } from '../retention/erase.ts';
import { listLogs } from '../streams/registry.ts';
import { addExample } from './arguments.ts';
import { tellKept } from './archive/kept.ts';
import type { CommandContext } from './context.ts';
import { addDeedFlags, readDeed, type DeedFlags } from './hold/deed.ts';
import { withLocalDatabase } from './session.ts';
import { formatNumber, toJson } from './terminal/words.ts';

type EraseFlags = DeedFlags & {
  readonly yes?: boolean;
  readonly account?: string;
  readonly json?: boolean;
};

/** `erase`: erases the personal data of one person, with a record of it. */
export function addErase(erase: Command, context: CommandContext): void {
  addExample(erase, 'zendesk-log-sync erase person 1500006944327 --reason "request 17" --yes');
  const command = erase
    .command('person')
    .description('erase the personal data of one person; refused while a hold keeps it')
    .argument('<id>', 'the id of the person');
  addDeedFlags(command)
    .option('--yes', 'do it: it cannot be undone')
    .option('--account <key>', 'the account, if the database has several')
    .option('--json', 'print JSON')
    .action(async (id: string, flags: EraseFlags) =>
      context.finish(await runErase(context, id, flags)),
    );
  addExample(command, 'zendesk-log-sync erase person 1500006944327 --reason "request 17" --yes');
}

async function runErase(context: CommandContext, id: string, flags: EraseFlags): Promise<number> {
  const problems: string[] = [];
  if (!/^[1-9]\d{0,17}$/.test(id))
    problems.push(`The person is "${id}". Use the id that Zendesk shows, a whole number.`);
  const deed = readDeed(context, flags, problems);
  if (flags.yes !== true) problems.push('An erasure cannot be undone. Add --yes to do it.');
  if (problems.length > 0) throw refuseInput(problems);
  return withLocalDatabase(context, async ({ db }, { archive: { place }, proxies }) => {
    const logs = listLogs(context.streams);
    const { requireOwner } = await import('../archive/rights.ts');
    await requireOwner(db, logs, 'erase person');
    const account = await chooseAccount(db, flags.account, context.env['ZENDESK_SUBDOMAIN']);
    const store = place && openArchive(place, proxies, context.signal);
    const { erasePerson } = await import('../retention/erase.ts');
    const erased = await erasePerson(db, account, logs, id, deed, store);
    if (flags.json === true) context.print(describeForPrograms(account, id, erased));
    else context.print(describeErased(account, id, erased));
    tellKept(context, erased.archived.kept);
    return erased.archived.kept.length > 0 ? 1 : 0;
  });
}

function describeForPrograms(account: string, person: string, erased: Erased): string {
  const { archived, ...stored } = erased;
  const { rows, revisions, objects, kept } = archived;
  return toJson({ account, person, ...stored, archived: { rows, revisions, objects, kept } });
}

function describeErased(account: string, id: string, erased: Erased): string {
  const { rows, revisions, quarantined, others, archived } = erased;
  const inArchive =
    archived.months.length === 0
      ? ''
      : ` In ${archived.months.length} months that are in the archive: ${formatNumber(archived.rows)} rows, ${formatNumber(archived.revisions)} previous versions; ${formatNumber(archived.objects)} objects were written again.`;
  return `Erased the personal data of ${id} on ${account}: ${formatNumber(rows)} rows of logs, ${formatNumber(revisions)} previous versions, ${formatNumber(quarantined)} records in quarantine, ${formatNumber(others)} rows of people and findings.${inArchive}`;
}
