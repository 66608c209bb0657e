/** Who opened one ticket: a line for each visit, or for each request. */
import type { Database } from '../../database/client.ts';
import { describeAccessCoverage } from '../shared/access-statement.ts';
import {
  byProgram,
  outcome,
  outcomeWords,
  resourcesWithRequests,
  visitGap,
  withinSpan,
  type AccessOutcome,
} from '../shared/accesses.ts';
import type {
  ReportColumn,
  ReportContent,
  ReportRow,
  ReportScope,
  ReportSpan,
} from '../shared/report.ts';
import { createTeam, loadTeamHistory, type Team } from '../shared/team.ts';
import { describeSpan } from '../shared/time-zone.ts';

/** What is asked for. */
type TicketQuestion = {
  readonly span: ReportSpan;
  /** Id of the ticket. */
  readonly ticket: string;
  /** Whether each request has a line of its own. */
  readonly requests: boolean;
};

type Visit = {
  readonly first_at: Date;
  readonly last_at: Date;
  readonly user_id: string | null;
  readonly kinds: string;
  readonly outcome: AccessOutcome;
  readonly by_program: boolean;
  readonly requests: number;
  readonly addresses: string | null;
};

const columns: readonly ReportColumn[] = [
  { key: 'time', title: 'From', isTime: true },
  { key: 'agent_name', title: 'Agent' },
  { key: 'kind', title: 'Kind' },
  { key: 'outcome', title: 'Outcome' },
  { key: 'agent_role', title: 'Role', isOptional: true },
  { key: 'until', title: 'Until', isTime: true, isOptional: true },
  { key: 'requests', title: 'Requests', align: 'right', type: 'integer', isOptional: true },
  { key: 'ip_address', title: 'IP address', isOptional: true },
  { key: 'agent_id', title: 'Agent id', isWhole: true, isOptional: true },
  { key: 'by_program', title: 'Program', type: 'boolean', isOptional: true },
];

const visitWords =
  'A visit is all that one agent asked for of the ticket with no more than 30 minutes in between; --requests shows each request.';
const otherWays =
  'Lists, searches and exports may have shown the ticket too; the log does not say which rows they had.';

/** The accesses to a ticket, oldest first. */
export async function reportTicket(
  scope: ReportScope,
  question: TicketQuestion,
): Promise<ReportContent> {
  const { db, account, timeZone } = scope;
  const { span, ticket, requests } = question;
  const statement = await describeAccessCoverage(scope, span);
  const team = createTeam(await loadTeamHistory(db, account));
  return {
    title: `Ticket ${ticket} of ${account}: who opened it, ${describeSpan(span, timeZone)}`,
    columns,
    rows: describeVisits(readVisits(db, account, question), team),
    statement: {
      ...statement,
      notes: [...(requests ? [] : [visitWords]), outcomeWords, otherWays],
    },
  };
}

function readVisits(
  db: Database,
  account: string,
  { span, ticket, requests }: TicketQuestion,
): AsyncGenerator<Visit, void, undefined> {
  return db.read<Visit>(
    `with seen as (
       select r.timestamp, r.access_log_id, r.user_id, r.kind, l.ip_address, ${outcome} as outcome, ${byProgram} as by_program
       from ${resourcesWithRequests}
       where ${withinSpan} and r.resource_type = 'ticket' and r.resource_id = $4
     ),
     marked as (
       select *, $5::boolean or (timestamp - lag(timestamp) over thing <= ${visitGap}) is not true as begins
       from seen
       window thing as (partition by user_id, by_program, outcome order by timestamp, access_log_id)
     ),
     numbered as (
       select *, count(*) filter (where begins) over (
         partition by user_id, by_program, outcome order by timestamp, access_log_id
       ) as visit
       from marked
     )
     select min(timestamp) as first_at, max(timestamp) as last_at, user_id::text, by_program, outcome,
       string_agg(distinct kind, ', ' order by kind) as kinds,
       count(distinct access_log_id)::integer as requests,
       string_agg(distinct host(ip_address), ', ' order by host(ip_address)) as addresses
     from numbered
     group by user_id, by_program, outcome, visit
     order by first_at, min(access_log_id), user_id`,
    [account, span.from, span.to, ticket, requests],
  );
}

async function* describeVisits(
  visits: AsyncIterable<Visit>,
  team: Team,
): AsyncGenerator<ReportRow, void, undefined> {
  for await (const visit of visits) {
    const { name, role } = team.describe(visit.user_id, visit.first_at);
    yield {
      time: visit.first_at,
      until: visit.last_at,
      agent_id: visit.user_id,
      agent_name: name,
      agent_role: role,
      kind: visit.kinds,
      outcome: visit.outcome,
      requests: visit.requests,
      ip_address: visit.addresses,
      by_program: visit.by_program,
    };
  }
}
