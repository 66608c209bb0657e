import type { Command } from 'commander';
import { ruleKinds } from '../classification/access-rule.ts';
import { refuseInput } from '../errors.ts';
import { chooseAccount } from '../reports/shared/account.ts';
import { readCount } from './arguments.ts';
import { applyRules, showUnclassified } from './classify-tasks.ts';
import type { CommandContext } from './context.ts';
import { withLocalDatabase } from './session.ts';

/** The flags as commander gives them. */
export type ClassifyFlags = {
  readonly report?: boolean;
  readonly apply?: boolean;
  readonly days?: string;
  readonly limit?: string;
  readonly again?: boolean;
  readonly account?: string;
  readonly json?: boolean;
};

/** The flags, checked. */
type ClassifyChoices =
  | { readonly task: 'report'; readonly days: number | undefined; readonly limit: number }
  | { readonly task: 'apply'; readonly again: boolean };

/** How many forms are listed by default. */
const defaultLimit = 20;
const mostDays = 36_500;
const mostListed = 10_000;

/** `classify`: shows which requests of the access log no rule matches, or applies changed rules to stored rows. */
export function addClassify(command: Command, context: CommandContext): void {
  command
    .option('--report', 'list the patterns of the requests that no rule matches')
    .option('--days <number>', 'with --report: of the last days (default: all stored requests)')
    .option('--limit <number>', `with --report: how many patterns (default: ${defaultLimit})`)
    .option('--apply', 'classify the stored rows again by the current rules')
    .option('--again', 'with --apply: also rows that were already classified by these rules')
    .option('--account <key>', 'the account (default: ZENDESK_SUBDOMAIN, or the only one stored)')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Rules of your own come from the file that ACCESS_RULES_FILE names, a JSON list
such as this one. They come before the built-in ones; the first match decides.

  [
    { "path": "/api/v2/moons/search", "kind": "search", "resource": "moon" },
    { "path": "/api/v2/moons/{moon}/**", "kind": "view" },
    { "path": "/api/*/moons|stars/count", "methods": ["GET"], "kind": "list" },
    { "collection": "/api/v2/planets", "resource": "planet" },
    { "operation": "lunarCalendar", "kind": "list", "resource": "moon" }
  ]

{moon} is an id of that type, * any one segment, ** all that follow;
a collection has the usual paths of a list in Zendesk's API, an operation is one
of GraphQL. Kinds: ${ruleKinds.join(', ')}.

After you change the file, first restart what pulls (serve), because new rows
are classified when they are stored; then run --apply. You can stop it at any
time: the next run continues. If these rules were applied before, it classifies
only the rows that are newer than the last one; --again classifies all.

Example:
  zendesk-log-sync classify --report --days 7
`,
    )
    .action(async (flags: ClassifyFlags) => context.finish(await runClassify(context, flags)));
}

function runClassify(context: CommandContext, flags: ClassifyFlags): Promise<number> {
  const choices = readClassifyFlags(flags);
  return withLocalDatabase(context, async ({ db }, config) => {
    const account = await chooseAccount(db, flags.account, context.env['ZENDESK_SUBDOMAIN']);
    const scope = { context, db, account, json: flags.json === true };
    return choices.task === 'report'
      ? showUnclassified(scope, choices, new Date())
      : applyRules(scope, config.accessRules, choices.again);
  });
}

/** Checks the flags. @throws {KnownError} `bad_input` with every problem at once */
export function readClassifyFlags(flags: ClassifyFlags): ClassifyChoices {
  const { report = false, apply = false, again = false } = flags;
  if (report === apply) {
    throw refuseInput([
      `${report ? '--report and --apply are both set' : 'Neither --report nor --apply is set'}. Use exactly one of them.`,
    ]);
  }
  const problems: string[] = [];
  const count = (option: string, text: string | undefined, most: number): number | undefined =>
    text === undefined ? undefined : readCount(option, text, problems, most);
  const days = count('--days', flags.days, mostDays);
  const limit = count('--limit', flags.limit, mostListed);
  if (apply) {
    for (const name of ['days', 'limit'] as const)
      if (flags[name] !== undefined)
        problems.push(`--${name} works only with --report. Leave it out with --apply.`);
  } else if (again) {
    problems.push('--again works only with --apply. Leave it out with --report.');
  }
  if (problems.length > 0) throw refuseInput(problems);
  return apply ? { task: 'apply', again } : { task: 'report', days, limit: limit ?? defaultLimit };
}
