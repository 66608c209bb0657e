import type { Command } from 'commander';
import { chooseAccount } from '../../reports/shared/account.ts';
import { listHolds, loadHolds, type HoldHistory } from '../../retention/holds.ts';
import { fromSeconds } from '../../span.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabase } from '../session.ts';
import { renderTable } from '../terminal/table.ts';
import { formatMoment, toJson } from '../terminal/words.ts';

type ListFlags = { readonly all?: boolean; readonly account?: string; readonly json?: boolean };

/** `hold list`: the holds that are set; with `--all` those that were released too. */
export function addHoldList(hold: Command, context: CommandContext): void {
  const command = hold
    .command('list')
    .description('the holds that are set, what they are about, and why')
    .option('--all', 'those that were released too')
    .option('--account <key>', 'the account, if the database has several')
    .option('--json', 'print JSON')
    .action(async (flags: ListFlags) => context.finish(await runList(context, flags)));
  addExample(command, 'zendesk-log-sync hold list --all');
}

function runList(
  context: CommandContext,
  { all = false, account: asked, json = false }: ListFlags,
): Promise<number> {
  return withLocalDatabase(context, async ({ db }) => {
    const account = await chooseAccount(db, asked, context.env['ZENDESK_SUBDOMAIN']);
    const holds = all ? await listHolds(db, account) : await loadHolds(db, account);
    if (json) context.print(toJson({ account, holds: holds.map(describeHold) }));
    else context.print(renderHolds(account, holds));
    return 0;
  });
}

/** A hold for programs: members that are always there. */
function describeHold(hold: HoldHistory): object {
  const { name, stream, span, person, ticket, reason, setBy, setAt } = hold;
  const { releasedAt, releasedBy, releaseReason } = hold;
  return {
    name,
    stream: stream ?? null,
    from: showEnd(span.from),
    until: showEnd(span.to),
    person: person ?? null,
    ticket: ticket ?? null,
    reason,
    setBy,
    setAt,
    releasedAt,
    releasedBy,
    releaseReason,
  };
}

function showEnd(second: number): string | null {
  return Number.isFinite(second) ? fromSeconds(second).toISOString() : null;
}

function renderHolds(account: string, holds: readonly HoldHistory[]): string {
  if (holds.length === 0) return `Account ${account}: no holds.`;
  const table = renderTable(
    ['Name', 'About', 'Reason', 'Set', 'Released'],
    holds.map((hold) => [
      hold.name,
      describeScope(hold),
      hold.reason,
      `${formatMoment(hold.setAt)} by ${hold.setBy}`,
      hold.releasedAt === null
        ? ''
        : `${formatMoment(hold.releasedAt)} by ${hold.releasedBy}: ${hold.releaseReason}`,
    ]),
  );
  return [`Account ${account}, times in UTC`, table].join('\n');
}

function describeScope({ stream, span, person, ticket }: HoldHistory): string {
  const [from, until] = [showEnd(span.from), showEnd(span.to)].map((text) =>
    text?.replace('T00:00:00.000Z', '').replace('.000Z', 'Z'),
  );
  const parts = [
    stream,
    person === undefined ? undefined : `person ${person}`,
    ticket === undefined ? undefined : `ticket ${ticket}`,
    from === undefined ? undefined : `from ${from}`,
    until === undefined ? undefined : `until ${until}`,
  ].filter((part) => part !== undefined);
  return parts.length === 0 ? 'everything' : parts.join(', ');
}
