/** What the answer of each stream means. */
import type { StreamName } from '../streams/names.ts';
import { explainRefusal, ok, problem, skipped, warning, type Check } from './check.ts';
import { formatDuration, formatMinute } from './figures.ts';
import type { StreamAnswer } from './probe.ts';

/** The names of the streams in sentences. */
export const streamTitles: Readonly<Record<StreamName, string>> = {
  audit_logs: 'audit log',
  access_logs: 'access log',
  users: 'users',
};

const theSwitch = 'Admin Center > Account > Logs > Access log > "Turn on the Access Log API"';

/** Explains how a stream answered. `answer` is undefined for a stream that is not pulled. */
export function checkStream(
  stream: StreamName,
  answer: StreamAnswer | undefined,
  now: Date,
): Check {
  const name = streamTitles[stream];
  if (answer === undefined) return skipped(name, 'STREAMS leaves it out');
  if (answer.kind === 'not-asked') return skipped(name, answer.reason);
  if (answer.kind === 'unreadable')
    return problem(name, answer.reason, 'Try again in a few minutes.');
  if (answer.kind === 'refused') return explainRefusal(name, answer.error);
  if (stream === 'users') return ok(name, 'answers');
  const { oldest, isSilent } = answer;
  return oldest === undefined
    ? explainEmptiness(stream)
    : judgeAge(stream, { oldest, isSilent }, now);
}

function explainEmptiness(stream: 'audit_logs' | 'access_logs'): Check {
  return stream === 'audit_logs'
    ? warning(
        streamTitles[stream],
        'answers, and holds no record at all',
        'Check that ZENDESK_SUBDOMAIN is the account that is meant.',
      )
    : problem(
        streamTitles[stream],
        'answers, and holds no record, though requests such as this one should leave some: it is not switched on, or was just now',
        `Turn it on: ${theSwitch}. The first records may take an hour; what was before is never captured.`,
      );
}

function judgeAge(
  stream: 'audit_logs' | 'access_logs',
  { oldest, isSilent }: { oldest: number; isSilent: boolean },
  now: Date,
): Check {
  const name = streamTitles[stream];
  const age = formatDuration((now.getTime() - oldest * 1000) / 1000);
  const found = `answers; oldest record ${formatMinute(new Date(oldest * 1000))}, ${age} ago`;
  return isSilent
    ? warning(
        name,
        `${found}; none of the last 24 hours, though requests such as this one should leave some`,
        `Check that it is still switched on: ${theSwitch}.`,
      )
    : ok(name, found);
}
