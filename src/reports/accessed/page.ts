/** The page of the report: one line for each visit or request. */
import { accessLogs } from '../../streams/access-logs.ts';
import { describeAccessCoverage } from '../shared/access-statement.ts';
import { outcomeWords } from '../shared/accesses.ts';
import type { Person } from '../shared/person.ts';
import { addRecords, fieldNotes, withAccessFields } from '../shared/record-fields.ts';
import type { ReportColumn, ReportContent, ReportRow, ReportScope } from '../shared/report.ts';
import { findPeople } from '../shared/with-archive.ts';
import { createTeam, loadTeamHistory, teamRoles, type Team } from '../shared/team.ts';
import { describeSpan } from '../shared/time-zone.ts';
import { readVisits, visitWords, type Visit } from '../shared/visits.ts';
import type { AccessedQuestion } from './question.ts';
import {
  addRecordDetails,
  createRecordDetails,
  recordWords,
  type AskZendesk,
} from './record-details.ts';
import { chooseResourceType } from './resource-type.ts';
import { listResourceTypes } from './sql.ts';

const visitColumns: readonly ReportColumn[] = [
  { key: 'agent_id', title: 'Agent id', isWhole: true, isOptional: true },
  { key: 'agent_name', title: 'Agent' },
  { key: 'agent_role', title: 'Role', isOptional: true },
  { key: 'resource_id', title: 'Resource', isWhole: true },
  { key: 'time', title: 'From', isTime: true },
  { key: 'kind', title: 'Kind' },
  { key: 'outcome', title: 'Outcome' },
  { key: 'requests', title: 'Requests', align: 'right', type: 'integer', isOptional: true },
  { key: 'until', title: 'Until', isTime: true, isOptional: true },
  { key: 'ip_address', title: 'IP address', isOptional: true },
  { key: 'by_program', title: 'Program', type: 'boolean', isOptional: true },
  { key: 'resource_type', title: 'Type', isOptional: true },
];

const requestColumns: readonly ReportColumn[] = [
  { key: 'agent_id', title: 'Agent id', isWhole: true, isOptional: true },
  { key: 'agent_name', title: 'Agent' },
  { key: 'agent_role', title: 'Role', isOptional: true },
  { key: 'resource_id', title: 'Resource', isWhole: true },
  { key: 'time', title: 'Time', isTime: true },
  { key: 'ip_address', title: 'IP address', isOptional: true },
  { key: 'outcome', title: 'Outcome' },
  { key: 'kind', title: 'Kind' },
  { key: 'status', title: 'Status', align: 'right', type: 'integer', isOptional: true },
  { key: 'by_program', title: 'Program', type: 'boolean', isOptional: true },
  { key: 'resource_type', title: 'Type', isOptional: true },
];

const unknownRoles = '--role leaves out requests of people whose role at that time is unknown.';

/**
 * The visits to resources of the type, or each request about one, oldest first.
 *
 * @param ask asks Zendesk for details of tickets and users; undefined: no details
 * @throws {KnownError} `bad_input` for an unknown type or agent
 */
export async function reportAccessed(
  asked: ReportScope,
  { span, type: typeText, rules, agents, roles, requests, fields }: AccessedQuestion,
  ask: AskZendesk | undefined,
): Promise<ReportContent> {
  const { people, scope } = await findPeople(asked, accessLogs, span, agents);
  const { db, account, timeZone } = scope;
  const { type, plural } = await chooseResourceType(typeText, rules, () =>
    listResourceTypes(db, account),
  );
  const details = ask === undefined ? undefined : createRecordDetails(type, ask);
  const statement = await describeAccessCoverage(scope, span);
  const visits = readVisits(db, {
    account,
    ...span,
    type,
    id: undefined,
    agents: people.length === 0 ? undefined : people.map(({ id }) => id),
    requests,
    fields,
  });
  const team = createTeam(await loadTeamHistory(db, account));
  // A person whose role is not known is still one of them.
  const isEverybody = roles.length === 0 || teamRoles.every((role) => roles.includes(role));
  const wanted = isEverybody ? undefined : roles;
  const rows = addRecords(visits, fields, (visit) => describeVisit(visit, team, type, wanted));
  const columns = withAccessFields(requests ? requestColumns : visitColumns, fields);
  const filters = [
    ...(people.length === 0 ? [] : [`by ${people.map(nameOf).join(' and ')}`]),
    ...(roles.length === 0 ? [] : [`role ${roles.join(' or ')}`]),
  ];
  return {
    title: `${nameType(plural)} accessed, ${[describeSpan(span, timeZone), ...filters].join(', ')}`,
    columns: details === undefined ? columns : [...columns, ...details.columns],
    rows: details === undefined ? rows : addRecordDetails(rows, details),
    statement: {
      ...statement,
      notes: [
        ...(requests ? [] : [visitWords]),
        ...fieldNotes[fields],
        outcomeWords,
        ...people.flatMap(({ remarks = [] }) => remarks),
        ...(isEverybody ? [] : [unknownRoles]),
        ...(details === undefined ? [] : [recordWords]),
      ],
    },
  };
}

/** A line; undefined for a person whose role at that time is not wanted. */
function describeVisit(
  visit: Visit,
  team: Team,
  type: string,
  roles: readonly string[] | undefined,
): ReportRow | undefined {
  const { name, role } = team.describe(visit.user_id, visit.first_at);
  if (roles !== undefined && !roles.includes(role ?? '')) return undefined;
  return {
    agent_id: visit.user_id,
    agent_name: name,
    agent_role: role,
    resource_id: visit.resource_id,
    time: visit.first_at,
    until: visit.last_at,
    requests: visit.requests,
    ip_address: visit.addresses,
    outcome: visit.outcome,
    kind: visit.kinds,
    status: visit.status,
    by_program: visit.by_program,
    resource_type: type,
  };
}

function nameOf({ id, name }: Person): string {
  return name === null ? id : `${name} (${id})`;
}

/** `ticket_forms` as the beginning of a sentence: "Ticket forms". */
function nameType(plural: string): string {
  const words = plural.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
