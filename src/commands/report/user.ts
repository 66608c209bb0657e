import type { Command } from 'commander';
import { refuseInput } from '../../errors.ts';
import { reportLiveUserActivity } from '../../reports/user/live.ts';
import { reportUserActivity } from '../../reports/user/page.ts';
import { addExample, readCount } from '../arguments.ts';
import { addFieldFlags, readFieldFlags, type FieldFlags } from './fields.ts';
import { addReportFlags, readReportFlags, type ReportFlags } from './flags.ts';
import type { PreparedReport, TakeReport } from './prepared.ts';

type UserFlags = ReportFlags & FieldFlags & { readonly last: string; readonly live?: boolean };

/** At most ten requests: for more, pull the log. */
const mostLive = 1000;

/** `report user`: who a user is and what they did last. */
export function addUser(report: Command, take: TakeReport): void {
  const command = report
    .command('user')
    .description('who a user is, and what they changed last')
    .argument('<user>', 'id, e-mail address or full name')
    .option('--last <number>', 'how many activities', '20')
    .option('--live', 'ask Zendesk now instead of the database');
  addReportFlags(addFieldFlags(command)).action((user: string, flags: UserFlags) =>
    take((now) => prepareUser(now, user, flags)),
  );
  addExample(command, 'zendesk-log-sync report user joe@acme.example --last 50');
}

function prepareUser(now: Date, user: string, flags: UserFlags): PreparedReport {
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const fields = readFieldFlags(flags, problems);
  const last = readCount('--last', flags.last, problems);
  if (user.trim() === '')
    problems.push('The user is empty. Use an id, an e-mail address or a full name.');
  if (flags.live === true && last > mostLive)
    problems.push(
      `--last is ${last}. Use at most ${mostLive} with --live, or leave out --live to read what is stored.`,
    );
  if (problems.length > 0) throw refuseInput(problems);
  const asked = { user: user.trim(), last, fields };
  const common = { choices, now, span: undefined };
  return flags.live === true
    ? {
        ...common,
        source: 'zendesk',
        flag: '--live',
        build: (scope, source) => reportLiveUserActivity(scope, source, asked),
      }
    : { ...common, source: 'database', build: (scope) => reportUserActivity(scope, asked) };
}
