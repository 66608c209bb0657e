/** Who opened one ticket: a line for each visit, or for each request. */
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
import { describeSpan } from '../shared/time-zone.ts';
import { readVisits, visitWords, type Visit } from '../shared/visits.ts';

/** What is asked for. */
type TicketQuestion = {
  readonly span: ReportSpan;
  /** Id of the ticket. */
  readonly ticket: string;
  /** Whether each request has a line of its own. */
  readonly requests: boolean;
  /** How much of the record of each request is wanted. */
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
  const { db, account, timeZone } = scope;
  const { span, ticket, requests, fields } = question;
  const statement = await describeAccessCoverage(scope, span);
  const team = createTeam(await loadTeamHistory(db, account));
  const visits = readVisits(db, {
    account,
    ...span,
    type: 'ticket',
    id: ticket,
    agents: undefined,
    requests,
    fields,
  });
  return {
    title: `Ticket ${ticket} of ${account}: who opened it, ${describeSpan(span, timeZone)}`,
    columns: withAccessFields(columns, fields),
    rows: addRecords(visits, fields, (visit) => describeVisit(visit, team)),
    statement: {
      ...statement,
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
