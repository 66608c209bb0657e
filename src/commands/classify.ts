import type { Command } from 'commander';
import { ruleKinds } from '../classification/access-rule.ts';
import { chooseAccount } from '../reports/shared/account.ts';
import { applyRules } from './classify-apply.ts';
import { reportUnclassified } from './classify-report.ts';
import { defaultLimit, readClassifyFlags, type ClassifyFlags } from './classify-task.ts';
import type { ReportContext } from './report-run.ts';
import { withDatabase } from './session.ts';
import { quieter } from './sync.ts';

/** Adds the command `classify`. */
export function addClassifyCommand(
  program: Command,
  context: ReportContext,
  finish: (status: number) => void,
): void {
  program
    .command('classify')
    .description('what no rule knows of the access log; or apply changed rules to stored rows')
    .option('--report', 'list the forms of the requests that no rule knows')
    .option('--days <number>', 'with --report: of the last days (default: all that is stored)')
    .option('--limit <number>', `with --report: how many forms (default: ${defaultLimit})`)
    .option('--apply', 'classify the stored rows anew by the present rules')
    .option('--again', 'with --apply: also rows that these rules were applied to before')
    .option('--account <key>', 'the account (default: ZENDESK_SUBDOMAIN, or the only one stored)')
    .option('--json', 'print the result as JSON')
    .addHelpText(
      'after',
      `
Rules of your own come from the file that ACCESS_RULES_FILE names, a JSON list
such as this one. They go before the built-in ones; the first that fits decides.

  [
    { "path": "/api/v2/moons/search", "kind": "search", "resource": "moon" },
    { "path": "/api/v2/moons/{moon}/**", "kind": "view" },
    { "path": "/api/*/moons|stars/count", "methods": ["GET"], "kind": "list" },
    { "collection": "/api/v2/planets", "resource": "planet" },
    { "operation": "lunarCalendar", "kind": "list", "resource": "moon" }
  ]

{moon} is an id of that type, * any one segment, ** whatever follows; a
collection has the usual paths of a list in Zendesk's API, an operation is one
of GraphQL. Kinds: ${ruleKinds.join(', ')}.

After a change of the file first restart what pulls (serve), because new rows
are classified as they come; then run --apply. It may be stopped at any time:
run again, it goes on where it was. By rules that were applied before it
classifies only the rows after the last one; --again classifies all.

Example:
  zendesk-log-sync classify --report --days 7
`,
    )
    .action(async (flags: ClassifyFlags) => finish(await runClassify(context, flags)));
}

async function runClassify(context: ReportContext, flags: ClassifyFlags): Promise<number> {
  const choices = readClassifyFlags(flags);
  const config = context.readLocalConfig();
  const log = context.openLog({ ...config, log: quieter(config.log) }, 'stderr');
  return withDatabase(config, log, context.signal, async ({ db }) => {
    const account = await chooseAccount(db, flags.account, context.env['ZENDESK_SUBDOMAIN']);
    const scope = { context, config, db, account, json: flags.json === true };
    return choices.task === 'report'
      ? reportUnclassified(scope, choices, new Date())
      : applyRules(scope, choices);
  });
}
