import { refuseInput } from '../errors.ts';
import { reportLiveUserActivity } from '../reports/user/live.ts';
import { reportUserActivity } from '../reports/user/page.ts';
import { readCount, readReportFlags, type ReportFlags } from './report-flags.ts';
import { runLiveReport } from './report-live.ts';
import { runReport, type ReportContext } from './report-run.ts';

/** The flags of `report user` as commander gives them. */
export type UserFlags = ReportFlags & { readonly last: string; readonly live?: boolean };

/** Ten requests: more is work for a pull. */
const mostLive = 1000;

/** `report user`: who a user is and what they did last. */
export function runUser(context: ReportContext, user: string, flags: UserFlags): Promise<number> {
  const now = new Date();
  const problems: string[] = [];
  const choices = readReportFlags(flags, problems);
  const last = readCount('--last', flags.last, problems);
  if (user.trim() === '')
    problems.push('The user is empty; expected an id, an e-mail address or a full name.');
  if (flags.live === true && last > mostLive)
    problems.push(
      `--last is ${last}; expected at most ${mostLive} with --live; leave --live out to read what is stored.`,
    );
  if (problems.length > 0) throw refuseInput(problems);
  const asked = { user: user.trim(), last };
  return flags.live === true
    ? runLiveReport(context, { choices, now, flag: '--live' }, (scope, source) =>
        reportLiveUserActivity(scope, source, asked),
      )
    : runReport(context, { choices, now }, (scope) => reportUserActivity(scope, asked));
}
