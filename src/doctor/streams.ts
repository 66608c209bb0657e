/** The meaning of each stream's answer. */
import type { LogStream, Stream } from '../streams/stream.ts';
import { explainRefusal, ok, problem, skipped, warning, type Check } from './check.ts';
import { formatDuration, formatMinute } from './figures.ts';
import type { OldestRecord } from './oldest-record.ts';
import type { StreamAnswer } from './probe.ts';

/** Explains the answer of a stream. `answer` is undefined for a stream that is not pulled. */
export function checkStream(stream: Stream, answer: StreamAnswer | undefined, now: Date): Check {
  const { title } = stream;
  if (answer === undefined) return skipped(title, 'not in STREAMS');
  if (answer.kind === 'not-asked') return skipped(title, answer.reason);
  if (answer.kind === 'unreadable')
    return problem(title, answer.reason, 'Try again in a few minutes.');
  if (answer.kind === 'refused') return explainRefusal(title, answer.error);
  if (stream.kind === 'listing') return ok(title, 'answers');
  return answer.oldest === undefined
    ? judgeEmptiness(stream, answer.fault)
    : judgeAge(stream, answer.oldest, answer, now);
}

function judgeEmptiness(
  { title, health: { whenEmpty } }: LogStream,
  fault: string | undefined,
): Check {
  if (fault !== undefined)
    return problem(title, `answers with records, but none can be read; ${fault}`, quarantined);
  const judge = whenEmpty.isProblem ? problem : warning;
  return judge(title, whenEmpty.found, whenEmpty.wayOut);
}

const quarantined =
  'A sync puts such a record into quarantine and stores the others: see "quarantine list". If there are many, try a newer version of this program.';

function judgeAge(
  { title, health: { whenSilent } }: LogStream,
  oldest: number,
  { fault, isSilent, proof }: Pick<OldestRecord, 'fault' | 'proof'> & { isSilent: boolean },
  now: Date,
): Check {
  const age = formatDuration((now.getTime() - oldest * 1000) / 1000);
  const byWhom = proof === 'claimed' ? ', according to one response' : '';
  const found = `answers; oldest record ${formatMinute(new Date(oldest * 1000))}, ${age} ago${byWhom}`;
  if (whenSilent !== undefined && isSilent)
    return warning(title, `${found}; ${whenSilent.found}`, whenSilent.wayOut);
  if (fault !== undefined) return warning(title, `${found}; ${fault}`, quarantined);
  return proof === 'disordered'
    ? warning(
        title,
        `${found} or up to a day later; the first response had later records, so Zendesk does not use the requested order`,
        'A sync still reads everything. If it persists, contact Zendesk support.',
      )
    : ok(title, found);
}
