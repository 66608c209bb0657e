import type { Command } from 'commander';
import { runAuditExport, type AuditExportFlags } from './audit-export.ts';
import { runAuditShow, type AuditShowFlags } from './audit-show.ts';
import { addExample, addReportFlags, gather } from './report-flags.ts';
import type { ReportContext } from './report-run.ts';

/** Adds the command `audit` for single records of the audit log and Zendesk's own export of it. */
export function addAuditCommands(
  program: Command,
  context: ReportContext,
  finish: (status: number) => void,
): void {
  const audit = program
    .command('audit')
    .description("one record of the audit log, or Zendesk's own export of it");
  addExample(audit, 'audit show 54337476015999');

  const show = audit
    .command('show')
    .description('one record, cleaned and as Zendesk gave it, with its former contents')
    .argument('<id>', 'id of the record')
    .option('--live', 'ask Zendesk now, and compare with what is stored');
  addReportFlags(show).action(async (id: string, flags: AuditShowFlags) =>
    finish(await runAuditShow(context, id, flags)),
  );
  addExample(show, 'audit show 54337476015999 --live');

  const order = audit
    .command('export')
    .description('have Zendesk make a CSV, which it sends by e-mail; at most one a minute')
    .option('--from <time>', 'start: 2026-01-31 (the start of that day) or 2026-01-31T08:00:00Z')
    .option('--to <time>', 'end, in the same form (default: now)')
    .option('--actor <actor>', 'only changes by this one: id, e-mail address or full name')
    .option(
      '--action <action>',
      'only create, update, destroy, login or exported; may be repeated',
      gather,
    )
    .option('--source-type <type>', 'only changes of this type of thing: rule, user, ticket')
    .option('--source-id <id>', 'only changes of this thing; with --source-type')
    .option('--ip <address>', 'only changes from this IP address');
  addReportFlags(order).action(async (flags: AuditExportFlags) =>
    finish(await runAuditExport(context, flags)),
  );
  addExample(order, 'audit export --from 2026-01-01 --action destroy');
}
