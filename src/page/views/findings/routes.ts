/** The addresses of the findings. */
import { refuseInput } from '../../../errors.ts';
import { archiveOf } from '../../archive.ts';
import { mergeFindings } from '../../merge.ts';
import type { Question } from '../../question.ts';
import { loadFindings, type FindingsFilter } from './load-findings.ts';
import { loadRowsBehind } from './load-rows-behind.ts';
import { loadRules } from './load-rules.ts';

export const findingsQuestions: readonly Question[] = [
  {
    path: 'findings',
    role: 'reader',
    rights: 'asker',
    merge: mergeFindings,
    ask: (db, { parameters }) => loadFindings(db, readFilter(parameters)),
  },
  {
    path: 'findings/rows',
    role: 'reader',
    recorded: ['account', 'finding'],
    // The archive is no table of which a reader could see a part: the statements leave out what the asker may not see.
    rights: 'page',
    ask: async (db, asked) => {
      const { parameters, asker, now } = asked;
      const finding = parameters.get('finding') ?? '';
      const account = parameters.get('account') ?? '';
      const scope = { account, now, timeZone: undefined, ...archiveOf(asked, account, 'view') };
      const rows = await loadRowsBehind(db, scope, finding, asker.role);
      if (rows !== undefined) return rows;
      throw refuseInput([`The account "${account}" has no finding "${finding}".`]);
    },
  },
  {
    path: 'findings/rules',
    role: 'reader',
    rights: 'asker',
    ask: (db, { parameters }) => loadRules(db, parameters.get('account') || undefined),
  },
];

const severities = ['high', 'medium', 'low', 'info'];
const states = ['open', 'acknowledged', 'withdrawn'] as const;

/** @throws {KnownError} `bad_input` with what is expected */
function readFilter(parameters: URLSearchParams): FindingsFilter {
  const read = (name: string): string | undefined => parameters.get(name) || undefined;
  const severity = read('severity');
  const asked = read('state');
  const state = states.find((each) => each === asked);
  if (severity !== undefined && !severities.includes(severity))
    throw refuseInput([`The severity is unknown. Use ${severities.join(', ')}.`]);
  if (asked !== undefined && state === undefined)
    throw refuseInput([`The state is unknown. Use ${states.join(', ')}.`]);
  const [at, id] = read('after')?.split(' ') ?? [];
  return {
    account: read('account'),
    finding: read('finding'),
    severity,
    rule: read('rule'),
    state,
    from: readMoment(read('from')),
    until: readMoment(read('until')),
    after: id === undefined ? undefined : { at: readMoment(at) ?? new Date(0), finding: id },
  };
}

function readMoment(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const moment = new Date(text);
  if (
    !/^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,6})?)?Z$/.test(text) ||
    Number.isNaN(moment.getTime())
  )
    throw refuseInput(['Times must be like 2026-11-03T00:00:00Z.']);
  return moment;
}
