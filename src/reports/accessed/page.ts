/** The page of the report: one line for each access. */
import { describeAccessCoverage } from '../shared/access-statement.ts';
import { outcomeWords } from '../shared/accesses.ts';
import { findPerson, type Person } from '../shared/person.ts';
import type { ReportColumn, ReportContent, ReportRow, ReportScope } from '../shared/report.ts';
import { createTeam, loadTeamHistory, teamRoles, type Team } from '../shared/team.ts';
import { describeSpan } from '../shared/time-zone.ts';
import type { Access, AccessedQuestion } from './question.ts';
import {
  addRecordDetails,
  createRecordDetails,
  recordWords,
  type AskZendesk,
} from './record-details.ts';
import { chooseResourceType } from './resource-type.ts';
import { listResourceTypes, readAccesses } from './sql.ts';

const columns: readonly ReportColumn[] = [
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

const unknownRoles =
  'Left out with --role are requests of people whose role at that time is not known here.';

/**
 * Each request that was about a resource of the type, oldest first.
 *
 * @param ask asks Zendesk for details of tickets and users; undefined: no details
 * @throws {KnownError} `bad_input` for a type or an agent that nobody knows
 */
export async function reportAccessed(
  scope: ReportScope,
  { span, type: typeText, rules, agents, roles }: AccessedQuestion,
  ask: AskZendesk | undefined,
): Promise<ReportContent> {
  const { db, account, timeZone } = scope;
  const { type, plural } = await chooseResourceType(typeText, rules, () =>
    listResourceTypes(db, account),
  );
  const details = ask === undefined ? undefined : createRecordDetails(type, ask);
  const statement = await describeAccessCoverage(scope, span);
  const people: Person[] = [];
  for (const agent of agents) people.push(await findPerson(scope, agent));
  const accesses = readAccesses(db, {
    account,
    ...span,
    type,
    agents: people.length === 0 ? undefined : people.map(({ id }) => id),
  });
  const team = createTeam(await loadTeamHistory(db, account));
  // Whose role is not known is one of them all the same.
  const isEverybody = roles.length === 0 || teamRoles.every((role) => roles.includes(role));
  const rows = describeAccesses(accesses, { team, type, roles: isEverybody ? undefined : roles });
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
        outcomeWords,
        ...people.flatMap(({ remarks = [] }) => remarks),
        ...(isEverybody ? [] : [unknownRoles]),
        ...(details === undefined ? [] : [recordWords]),
      ],
    },
  };
}

async function* describeAccesses(
  accesses: AsyncIterable<Access>,
  { team, type, roles }: { team: Team; type: string; roles: readonly string[] | undefined },
): AsyncGenerator<ReportRow, void, undefined> {
  for await (const access of accesses) {
    const { name, role } = team.describe(access.user_id, access.time);
    if (roles !== undefined && !roles.includes(role ?? '')) continue;
    yield {
      agent_id: access.user_id,
      agent_name: name,
      agent_role: role,
      resource_id: access.resource_id,
      time: access.time,
      ip_address: access.ip_address,
      outcome: access.outcome,
      kind: access.kind,
      status: access.status,
      by_program: access.by_program,
      resource_type: type,
    };
  }
}

function nameOf({ id, name }: Person): string {
  return name === null ? id : `${name} (${id})`;
}

/** `ticket_forms` as people begin a sentence with it: "Ticket forms". */
function nameType(plural: string): string {
  const words = plural.replaceAll('_', ' ');
  return `${words.charAt(0).toUpperCase()}${words.slice(1)}`;
}
