/** What the answer of each stream means. */
import type { LogStream, Stream } from '../streams/stream.ts';
import { explainRefusal, ok, problem, skipped, warning, type Check } from './check.ts';
import { formatDuration, formatMinute } from './figures.ts';
import type { StreamAnswer } from './probe.ts';

/** Explains how a stream answered. `answer` is undefined for a stream that is not pulled. */
export function checkStream(stream: Stream, answer: StreamAnswer | undefined, now: Date): Check {
  const { title } = stream;
  if (answer === undefined) return skipped(title, 'STREAMS leaves it out');
  if (answer.kind === 'not-asked') return skipped(title, answer.reason);
  if (answer.kind === 'unreadable')
    return problem(title, answer.reason, 'Try again in a few minutes.');
  if (answer.kind === 'refused') return explainRefusal(title, answer.error);
  if (stream.kind === 'listing') return ok(title, 'answers');
  const { oldest, isSilent } = answer;
  return oldest === undefined ? judgeEmptiness(stream) : judgeAge(stream, oldest, isSilent, now);
}

function judgeEmptiness({ title, health: { whenEmpty } }: LogStream): Check {
  const judge = whenEmpty.isProblem ? problem : warning;
  return judge(title, whenEmpty.found, whenEmpty.wayOut);
}

function judgeAge(
  { title, health: { whenSilent } }: LogStream,
  oldest: number,
  isSilent: boolean,
  now: Date,
): Check {
  const age = formatDuration((now.getTime() - oldest * 1000) / 1000);
  const found = `answers; oldest record ${formatMinute(new Date(oldest * 1000))}, ${age} ago`;
  return whenSilent !== undefined && isSilent
    ? warning(title, `${found}; ${whenSilent.found}`, whenSilent.wayOut)
    : ok(title, found);
}
