import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { chooseAccount } from '../../reports/shared/account.ts';
import { addHold, type HoldScope } from '../../retention/holds.ts';
import { toSeconds } from '../../span.ts';
import { listLogs } from '../../streams/registry.ts';
import { addExample, readMoment } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabase } from '../session.ts';
import { addDeedFlags, readDeed, type DeedFlags } from './deed.ts';

type AddFlags = DeedFlags & {
  readonly stream?: string;
  readonly from?: string;
  readonly to?: string;
  readonly person?: string;
  readonly ticket?: string;
  readonly everything?: boolean;
  readonly account?: string;
};

/** `hold add`: sets a hold. */
export function addHoldAdd(hold: Command, context: CommandContext): void {
  const names = listLogs(context.streams).map(({ name }) => name);
  const command = hold
    .command('add')
    .description('keep a part of the history from being dropped, archived away or erased')
    .argument('<name>', 'its name; a name is used once')
    .option('--stream <name>', `only of ${names.join(' or ')} (default: of all)`)
    .option('--from <time>', 'only from then on: 2026-01-31 or 2026-01-31T08:00:00Z')
    .option('--to <time>', 'only until then, not included; in the same form')
    .option('--person <id>', 'only what this person did, or what was done to them')
    .option('--ticket <id>', 'only what concerns this ticket')
    .option('--everything', 'the whole history of the account');
  addDeedFlags(command)
    .option('--account <key>', 'the account, if the database has several')
    .action(async (name: string, flags: AddFlags) =>
      context.finish(await runAdd(context, name, flags)),
    );
  addExample(
    command,
    'zendesk-log-sync hold add dispute-7 --from 2026-01-01 --to 2026-04-01 \\\n    --reason "claim of a customer"',
  );
}

async function runAdd(context: CommandContext, name: string, flags: AddFlags): Promise<number> {
  const problems: string[] = [];
  checkHoldName(name, problems);
  const deed = readDeed(context, flags, problems);
  const scope = readScope(context, flags, problems);
  if (problems.length > 0) throw refuseInput(problems);
  return withLocalDatabase(context, async ({ db }, config) => {
    const account = await chooseAccount(db, flags.account, context.env['ZENDESK_SUBDOMAIN']);
    await addHold(db, account, { name, ...deed, ...scope });
    context.print(`The hold ${name} is set on ${account}.`);
    const { passOnHolds } = await import('../archive/legal-holds.ts');
    const { streams, signal } = context;
    const { sentences, isWhole } = await passOnHolds(db, config, streams, account, signal);
    sentences.forEach(context.print);
    return isWhole ? 0 : 1;
  });
}

/** Adds a problem for what cannot be the name of a hold. */
export function checkHoldName(name: string, problems: string[]): void {
  if (!/^[\p{L}\p{N}][\p{L}\p{N}._-]{0,99}$/u.test(name))
    problems.push(
      `The name is "${name}". Use up to 100 letters, digits, dots, dashes and underscores, such as dispute-7.`,
    );
}

function readScope(
  { streams }: CommandContext,
  { stream, from, to, person, ticket, everything = false }: AddFlags,
  problems: string[],
): HoldScope {
  const names = listLogs(streams).map(({ name }) => name);
  if (stream !== undefined && !names.includes(stream))
    problems.push(`--stream is "${stream}". Use ${names.join(' or ')}.`);
  const [start, end] = [
    from === undefined ? undefined : readMoment('--from', from, problems),
    to === undefined ? undefined : readMoment('--to', to, problems),
  ];
  if (start !== undefined && end !== undefined && start >= end)
    problems.push(`--from ${from} is not before --to ${to}. Swap the two.`);
  for (const [option, id] of [
    ['--person', person],
    ['--ticket', ticket],
  ] as const)
    if (id !== undefined && !/^-?\d{1,18}$/.test(id))
      problems.push(`${option} is "${id}". Use the id that Zendesk shows, a whole number.`);
  const isLimited = [stream, from, to, person, ticket].some((value) => value !== undefined);
  if (!isLimited && !everything)
    problems.push(
      'Specify what is held: --from, --to, --stream, --person, --ticket, or --everything.',
    );
  if (isLimited && everything)
    problems.push('--everything leaves nothing to choose. Leave it out, or leave out the others.');
  const span = {
    from: start === undefined ? -Infinity : toSeconds(start),
    to: end === undefined ? Infinity : Math.ceil(end.getTime() / 1000),
  };
  return { stream, span, person, ticket };
}
