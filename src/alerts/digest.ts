/** The digest: the state of each account, and what was found in seven days. */
import type { Queryable } from '../database/client.ts';
import type { StreamStatus } from '../ingest/status.ts';
import { describeFound, describeVerified } from '../ingest/verification-words.ts';
import { countOf, showMinute } from './conditions.ts';
import type { Alert } from './decision.ts';
import type { Message, Section } from './message.ts';

/** Findings of one rule within seven days. */
type RuleCount = {
  readonly account: string;
  readonly severity: string;
  readonly title: string;
  readonly findings: number;
  /** How many of them nobody has acknowledged. */
  readonly open: number;
};

/** What a digest is made of. */
type DigestFacts = {
  readonly streams: readonly StreamStatus[];
  readonly rules: readonly RuleCount[];
  readonly alerts: readonly Alert[];
};

const digestDays = 7;
const mostRules = 8;

/** The findings of seven days by rule, the most important first. */
export async function loadRuleCounts(
  tx: Queryable,
  accounts: readonly string[],
): Promise<readonly RuleCount[]> {
  return tx.query<RuleCount>(
    `select f.account, f.severity, coalesce(max(r.title), f.rule) as title, count(*)::integer as findings,
       count(*) filter (where f.state = 'open')::integer as open
     from zendesk.findings f left join zendesk.finding_rules r on r.rule = f.rule
     where f.account = any ($1::text[]) and f.first_found_at > clock_timestamp() - interval '${digestDays} days' and f.state <> 'withdrawn'
     group by f.account, f.severity, f.rule
     order by f.account, array_position('{high,medium,low,info}', f.severity), count(*) desc, f.rule`,
    [accounts],
  );
}

/** The digest of some accounts. Pure. */
export function describeDigest(accounts: readonly string[], facts: DigestFacts): Message {
  const standing = facts.alerts.filter(isStanding);
  const problems = standing.length === 0 ? 'no problem' : countOf(standing.length, 'problem');
  return {
    title: `Digest of ${digestDays} days: ${problems}: ${accounts.length === 1 ? accounts.join('') : countOf(accounts.length, 'account')}`,
    sections: accounts.map((account) => describeAccount(account, facts)),
  };
}

function describeAccount(account: string, { streams, rules, alerts }: DigestFacts): Section {
  const own = rules.filter((each) => each.account === account);
  const listed = own.slice(0, mostRules).map(describeRule);
  const more = own.length - listed.length;
  return {
    heading: account,
    lines: [
      ...alerts
        .filter((alert) => alert.account === account && isStanding(alert))
        .map(({ sentence }) => sentence),
      ...streams.filter((row) => row.account === account).map(describeStream),
      own.length === 0
        ? `no new findings in ${digestDays} days`
        : `new findings in ${digestDays} days:`,
      ...listed,
      ...(more > 0 ? [`and ${more} more rules. Run "report findings".`] : []),
    ],
  };
}

function isStanding({ toldAt, endedAt }: Alert): boolean {
  return toldAt !== null && endedAt === null;
}

function describeRule({ severity, title, findings, open }: RuleCount): string {
  const left = open === 0 ? 'all acknowledged' : `${open.toLocaleString('en-US')} not acknowledged`;
  return `${severity}: ${title}, ${countOf(findings, 'time')}, ${left}`;
}

function describeStream(row: StreamStatus): string {
  const { covered_from: from, covered_until: until, gaps, lost_seconds: lost } = row;
  const found = describeFound(row.found);
  const parts = [
    countOf(row.rows, 'row'),
    ...(until === null
      ? ['nothing is stored completely yet']
      : [`stored ${from === null ? '' : `from ${showMinute(from)} `}until ${showMinute(until)}`]),
    ...(gaps === 0 ? [] : [countOf(gaps, 'gap')]),
    ...(lost === 0 ? [] : [`${countOf(Math.ceil(lost / 3600), 'hour')} lost permanently`]),
    ...(row.quarantined === 0 ? [] : [`${countOf(row.quarantined, 'record')} in quarantine`]),
    ...(from === null ? [] : [found ?? describeVerified(row)]),
  ];
  return `${row.stream}: ${parts.join('; ')}`;
}
