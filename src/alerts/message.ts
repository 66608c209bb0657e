/** The content of a message: who, what and when, and nothing else from a row. Pure. */
import { countOf, showMinute } from './conditions.ts';
import type { Alert, FindingCount, FindingGroup, News } from './decision.ts';

/** A message, in the same form for each channel. Its texts may hold names from outside: a channel makes them harmless. */
export type Message = {
  readonly title: string;
  readonly sections: readonly Section[];
};

/** A part of a message. */
export type Section = { readonly heading: string; readonly lines: readonly string[] };

/** More are counted. */
const mostLines = 20;

/** The message about some news. */
export function describeNews(news: News, now: Date): Message {
  const { raised, ended, findings, past, introduced } = news;
  const found = findings.reduce((sum, group) => sum + group.findings, 0) + countAll(past);
  const parts = [
    ...(raised.length === 0 ? [] : [countOf(raised.length, 'problem')]),
    ...(ended.length === 0 ? [] : [`${ended.length} solved`]),
    ...(found === 0 ? [] : [countOf(found, 'new finding')]),
    ...(introduced.length === 0 ? [] : ['alerts begin']),
  ];
  const accounts = new Set(
    [...raised, ...ended, ...findings, ...past, ...introduced].map(({ account }) => account),
  );
  const named = accounts.size === 1 ? [...accounts].join('') : countOf(accounts.size, 'account');
  const sections = [
    { heading: 'Problems', lines: raised.map(describeRaised) },
    { heading: 'Solved', lines: ended.map((alert) => describeEnded(alert, now)) },
    { heading: 'New findings', lines: findings.map(describeFindings) },
    { heading: 'New findings about the past', lines: past.map(describePast) },
    { heading: 'Findings that are there already', lines: introduced.map(describePast) },
  ];
  return {
    title: `${parts.join(', ')}: ${named}`,
    sections: sections.flatMap(({ heading, lines }) =>
      lines.length === 0 ? [] : [{ heading, lines: limitLines(lines) }],
    ),
  };
}

function limitLines(lines: readonly string[]): readonly string[] {
  if (lines.length <= mostLines) return lines;
  return [...lines.slice(0, mostLines), `and ${lines.length - mostLines} more`];
}

function describeRaised({ sentence, times, toldAt }: Alert): string {
  return times > 0 && toldAt === null ? `${sentence} (It comes and goes.)` : sentence;
}

const endings: Readonly<Record<Alert['kind'], string>> = {
  fails: 'works again',
  stale: 'is pulled again',
  low_headroom: 'is no longer about to lose anything',
  quarantined: 'has no record in quarantine any more',
  rows_removed: 'has all rows back that were gone',
  not_as_stored: 'was verified again, and is as it was stored',
  verification_failed: 'verification works again',
  report_failed: 'is written again',
  not_anchored: 'takes checkpoints of the sealed log again',
};

function describeEnded({ account, subject, kind, since, goneSince }: Alert, now: Date): string {
  const minutes = Math.max(
    1,
    Math.round(((goneSince ?? now).getTime() - since.getTime()) / 60_000),
  );
  const lasted = minutes < 120 ? `${minutes} min` : `${Math.round(minutes / 60)} h`;
  return `${account} ${subject} ${endings[kind]}. It lasted ${lasted}, since ${showMinute(since)}.`;
}

function describeFindings(group: FindingGroup): string {
  const {
    account,
    severity,
    title,
    findings,
    names,
    people,
    first_at: first,
    last_at: last,
  } = group;
  const count = findings === 1 ? '' : ` (${findings.toLocaleString('en-US')} times)`;
  const others = people - names.length;
  const who = [...names, ...(others > 0 ? [`${others} more`] : [])].join(', ');
  const from = showMinute(first);
  const until = showMinute(last);
  const when = from === until ? from : `${from} to ${until}`;
  return `${severity}: ${title}${count}, ${account}, ${who === '' ? 'by nobody known' : `by ${who}`}, ${when}`;
}

function describePast(count: FindingCount): string {
  const parts = count.counts.map(
    ([severity, findings]) => `${findings.toLocaleString('en-US')} ${severity}`,
  );
  return `${count.account}: ${parts.join(', ')}. Run "report findings".`;
}

function countAll(list: readonly FindingCount[]): number {
  return list.flatMap(({ counts }) => counts).reduce((sum, [, findings]) => sum + findings, 0);
}

/** The message that `alerts test` sends. */
export const testMessage: Message = {
  title: 'This is a test',
  sections: [
    {
      heading: 'Nothing is wrong',
      lines: ['Somebody ran "alerts test". Alerts of zendesk-log-sync arrive here.'],
    },
  ],
};
