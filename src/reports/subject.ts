/** Who has seen the records of one person, for certain or possibly: for answers to Art. 15 and reports under Art. 33 GDPR. */
import {
  countConfirmed,
  listNeverNamed,
  readConfirmed,
  type ConfirmedTotals,
  type SubjectRow,
} from '../database/reports/subject.ts';
import {
  countPossible,
  readPossible,
  type PossibleTotals,
} from '../database/reports/subject-possible.ts';
import { loadTeamHistory } from '../database/reports/team-history.ts';
import { listDayStarts } from './days.ts';
import { createPseudonyms } from './pseudonyms.ts';
import type {
  ReportColumn,
  ReportContent,
  ReportDetail,
  ReportRow,
  ReportScope,
  ReportSpan,
} from './report.ts';
import { describeCoverage } from './statement.ts';
import { createTeam, type Team } from './team.ts';
import { describeSpan } from './time-zone.ts';

/** What is asked for. */
type SubjectQuestion = {
  readonly span: ReportSpan;
  /** Id of the person. */
  readonly user: string;
  /** Ids of the tickets that are about the person. */
  readonly tickets: readonly string[];
  /** Whether the report tells nothing by which an agent could be recognised, and no text of a search. */
  readonly pseudonymise: boolean;
};

const notes = [
  'Confirmed: an answered request named the person or one of the tickets. A visit is all that one agent asked for of one record with no more than 30 minutes in between.',
  'Possible: a list, a search, an export or a request that no rule knows may have shown the person; the log does not say. One row for each day, agent and kind.',
];

/** Records that a sentence names. */
const listedRecords = 10;

/** What was seen for certain, then what may have been seen; each by time. */
export async function reportSubject(
  scope: ReportScope,
  { span, user, tickets, pseudonymise }: SubjectQuestion,
): Promise<ReportContent> {
  const { db, account, timeZone } = scope;
  const statement = await describeCoverage(scope, { stream: 'access_logs', ...span });
  const filter = { account, ...span, user, tickets };
  const confirmed = await countConfirmed(db, filter);
  const possible = await countPossible(db, filter);
  const grouping = { days: listDayStarts(span, timeZone), searchText: !pseudonymise };
  const of =
    tickets.length === 0
      ? ''
      : ` and ${tickets.length === 1 ? 'one ticket' : `${tickets.length} tickets`}`;
  return {
    title: `Accesses to user ${user}${of}, ${describeSpan(span, timeZone)}`,
    details: describeTotals(confirmed, possible, tickets.length),
    columns: listColumns(pseudonymise),
    rows: describeRows(
      readConfirmed(db, filter),
      readPossible(db, filter, grouping),
      createTeam(await loadTeamHistory(db, account)),
      pseudonymise,
    ),
    statement: {
      ...statement,
      coverage: [
        ...statement.coverage,
        ...explainNeverNamed(account, await listNeverNamed(db, filter)),
      ],
      notes,
    },
  };
}

/** An id that is mistyped must not pass for a person whom nobody has looked at. */
function explainNeverNamed(
  account: string,
  records: readonly { resource_type: string; resource_id: string }[],
): string[] {
  if (records.length === 0) return [];
  const names = records
    .slice(0, listedRecords)
    .map(({ resource_type: type, resource_id: id }) => `${type} ${id}`);
  const rest = records.length - names.length;
  const listed = [...names, ...(rest > 0 ? [`${rest} more`] : [])].join(', ');
  return [
    `No stored request of the account ${account} names ${listed} at any time; check the ${records.length === 1 ? 'id' : 'ids'}.`,
  ];
}

/** With pseudonyms there is nothing in the columns that tells who an agent is. */
function listColumns(pseudonymise: boolean): readonly ReportColumn[] {
  return [
    { key: 'tier', title: 'Tier' },
    { key: 'time', title: 'From', isTime: true },
    pseudonymise ? { key: 'agent', title: 'Agent' } : { key: 'agent_name', title: 'Agent' },
    { key: 'kind', title: 'Kind' },
    { key: 'resource_id', title: 'Resource', isWhole: true },
    { key: 'resource_type', title: 'Type', isOptional: true },
    { key: 'requests', title: 'Requests', align: 'right', isOptional: true },
    { key: 'until', title: 'Until', isTime: true, isOptional: true },
    { key: 'agent_role', title: 'Role', isOptional: true },
    ...(pseudonymise
      ? []
      : ([
          { key: 'agent_id', title: 'Agent id', isWhole: true, isOptional: true },
          { key: 'ip_address', title: 'IP address', isOptional: true },
          { key: 'search_query', title: 'Search', isOptional: true },
        ] as const)),
    { key: 'by_program', title: 'Program', isOptional: true },
  ];
}

async function* describeRows(
  confirmed: AsyncIterable<SubjectRow>,
  possible: AsyncIterable<SubjectRow>,
  team: Team,
  pseudonymise: boolean,
): AsyncGenerator<ReportRow, void, undefined> {
  const pseudonymOf = createPseudonyms();
  const describe = (tier: string, row: SubjectRow): ReportRow => {
    const { name, role } = team.describe(row.user_id, row.first_at);
    const shown = {
      tier,
      time: row.first_at,
      until: row.last_at,
      agent_role: role,
      kind: row.kinds,
      resource_type: row.resource_types,
      resource_id: row.resource_id,
      requests: row.requests,
      by_program: row.by_program,
    };
    return pseudonymise
      ? { ...shown, agent: pseudonymOf(row.user_id) }
      : {
          ...shown,
          agent_name: name,
          agent_id: row.user_id,
          ip_address: row.addresses,
          search_query: row.search_query,
        };
  };
  for await (const row of confirmed) yield describe('confirmed', row);
  for await (const row of possible) yield describe('possible', row);
}

/** The answer in numbers: the categories and approximate numbers that Art. 33 GDPR asks for. */
function describeTotals(
  confirmed: ConfirmedTotals,
  possible: readonly PossibleTotals[],
  tickets: number,
): ReportDetail[] {
  const possibleOf = (kind: string): number =>
    possible.find((totals) => totals.kind === kind)?.requests ?? 0;
  return [
    { key: 'confirmed_requests', title: 'Confirmed requests', value: confirmed.requests },
    { key: 'confirmed_visits', title: 'Confirmed visits', value: confirmed.visits },
    { key: 'confirmed_agents', title: 'Agents who made them', value: confirmed.agents },
    {
      key: 'confirmed_tickets',
      title: 'Tickets seen',
      value: tickets === 0 ? null : confirmed.tickets,
    },
    { key: 'confirmed_from', title: 'First', value: confirmed.first_at },
    { key: 'confirmed_until', title: 'Last', value: confirmed.last_at },
    { key: 'confirmed_by_program', title: 'By programs', value: confirmed.by_program },
    {
      key: 'unanswered_requests',
      title: 'Denied or failed, not counted',
      value: confirmed.unanswered,
    },
    { key: 'possible_lists', title: 'Possible: lists', value: possibleOf('list') },
    { key: 'possible_searches', title: 'Possible: searches', value: possibleOf('search') },
    { key: 'possible_exports', title: 'Possible: exports', value: possibleOf('export') },
    {
      key: 'possible_unclassified',
      title: 'Possible: unknown requests',
      value: possibleOf('unclassified'),
    },
  ];
}
