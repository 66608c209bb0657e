/** Who opened one ticket, or one person: one line for each visit, or for each request. */
import { accessLogs } from '../../streams/access-logs.ts';
import { describeAccessCoverage } from '../shared/access-statement.ts';
import { outcomeWords } from '../shared/accesses.ts';
import {
  addRecords,
  fieldNotes,
  withAccessFields,
  type FieldChoice,
} from '../shared/record-fields.ts';
import type {
  ReportColumn,
  ReportContent,
  ReportRow,
  ReportScope,
  ReportSpan,
} from '../shared/report.ts';
import { createTeam, loadTeamHistory, type Team } from '../shared/team.ts';
import { listNeverNamed } from '../subject/confirmed-sql.ts';
import { explainNeverNamed } from '../subject/page.ts';
import { describeSpan } from '../shared/time-zone.ts';
import { withArchive } from '../shared/with-archive.ts';
import { readVisits, visitWords, type Visit } from '../shared/visits.ts';

/** What is asked for. */
type TicketQuestion = {
  readonly span: ReportSpan;
  /** Id of the ticket, or of the person if the type says so. */
  readonly ticket: string;
  readonly type?: 'ticket' | 'user';
  /** Only accesses that showed or did something, or only those that did not; undefined: all. */
  readonly outcomes?: 'answered' | 'refused';
  /** Whether each request has its own line. */
  readonly requests: boolean;
  /** How much of the record of each request to show. */
  readonly fields: FieldChoice;
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

const otherWays =
  'Lists, searches and exports may have shown the ticket too. The log does not say which rows they had.';

/** The accesses to a ticket, oldest first. */
export async function reportTicket(
  scope: ReportScope,
  question: TicketQuestion,
): Promise<ReportContent> {
  const { span, ticket, type = 'ticket', outcomes, requests, fields } = question;
  const read = await withArchive(scope, accessLogs, span, [ticket]);
  const { db, account, timeZone } = read;
  const statement = await describeAccessCoverage(read, span);
  const named = {
    account,
    ...span,
    ...(type === 'user' ? { user: ticket, tickets: [] } : { user: undefined, tickets: [ticket] }),
  };
  const neverNamed = explainNeverNamed(account, await listNeverNamed(db, named));
  const team = createTeam(await loadTeamHistory(db, account));
  const visits = readVisits(db, {
    account,
    ...span,
    type,
    id: ticket,
    outcomes,
    agents: undefined,
    requests,
    fields,
  });
  return {
    title: `${type === 'user' ? 'User' : 'Ticket'} ${ticket} of ${account}: who opened it, ${describeSpan(span, timeZone)}`,
    columns: withAccessFields(columns, fields),
    rows: addRecords(visits, fields, (visit) => describeVisit(visit, team)),
    statement: {
      ...statement,
      coverage: [...statement.coverage, ...neverNamed],
      notes: [...(requests ? [] : [visitWords]), ...fieldNotes[fields], outcomeWords, otherWays],
    },
  };
}

function describeVisit(visit: Visit, team: Team): ReportRow {
  const { name, role } = team.describe(visit.user_id, visit.first_at);
  return {
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
