/** The addresses of the coverage calendar. */
import { refuseInput } from '../../../errors.ts';
import { toSeconds, type Span } from '../../../span.ts';
import { listLogs } from '../../../streams/registry.ts';
import type { LogStream } from '../../../streams/stream.ts';
import type { Asked, Question } from '../../question.ts';
import { loadCalendars } from './load-calendar.ts';
import { loadGaps } from './load-gaps.ts';
import { loadGapCost } from './load-gap-cost.ts';
import { loadSpan } from './load-span.ts';

export const coverageQuestions: readonly Question[] = [
  {
    path: 'coverage',
    role: 'reader',
    rights: 'page',
    ask: (db, asked) => loadCalendars(db, asked, asked.parameters.get('account') || undefined),
  },
  {
    path: 'coverage/span',
    role: 'reader',
    rights: 'page',
    ask: async (db, asked) => {
      const wanted = readSpan(asked, daySeconds);
      const answer = await loadSpan(db, asked, wanted);
      if (answer !== undefined) return answer;
      throw refuseUnknown(wanted);
    },
  },
  {
    path: 'coverage/gaps',
    role: 'reader',
    rights: 'page',
    ask: async (db, asked) => {
      const wanted = readLog(asked);
      const answer = await loadGaps(db, asked, wanted);
      if (answer !== undefined) return answer;
      throw refuseUnknown(wanted);
    },
  },
  {
    path: 'coverage/cost',
    role: 'reader',
    rights: 'page',
    ask: (db, asked) => loadGapCost(db, asked, readSpan(asked)),
  },
];

const daySeconds = 86_400;

type AskedLog = { readonly account: string; readonly log: LogStream };

function refuseUnknown({ account, log }: AskedLog): Error {
  return refuseInput([`Nothing of ${account} is pulled yet: no log ${log.name}.`]);
}

/** @throws {KnownError} `bad_input` with what is expected */
function readLog({ parameters, service }: Asked): AskedLog {
  const account = parameters.get('account') ?? '';
  const logs = listLogs(service.streams);
  const log = logs.find(({ name }) => name === parameters.get('stream'));
  if (account === '') throw refuseInput(['The account is missing. Add account=…']);
  if (log === undefined)
    throw refuseInput([`The stream is unknown. Use ${logs.map(({ name }) => name).join(' or ')}.`]);
  return { account, log };
}

/** @throws {KnownError} `bad_input` with what is expected */
function readSpan(asked: Asked, mostSeconds = Infinity): Span & AskedLog {
  const { account, log } = readLog(asked);
  const { parameters } = asked;
  const from = readMoment(parameters.get('from'));
  const to = readMoment(parameters.get('until'));
  if (from === undefined || to === undefined)
    throw refuseInput(['from and until must be moments such as 2026-11-03T00:00:00Z.']);
  if (from >= to || to - from > mostSeconds)
    throw refuseInput([
      mostSeconds === Infinity
        ? 'until must be later than from.'
        : 'until must be later than from, by at most a day.',
    ]);
  return { account, log, from, to };
}

function readMoment(text: string | null): number | undefined {
  if (text === null || !/^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?Z$/.test(text))
    return undefined;
  const moment = new Date(text);
  return Number.isNaN(moment.getTime()) ? undefined : toSeconds(moment);
}
