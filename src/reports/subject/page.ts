/** The page of the report: what was seen for certain, then what may have been seen. */
import { describeAccessCoverage } from '../shared/access-statement.ts';
import {
  addRecords,
  fieldNotes,
  withAccessFields,
  type FieldChoice,
} from '../shared/record-fields.ts';
import type {
  ReportColumn,
  ReportContent,
  ReportDetail,
  ReportRow,
  ReportScope,
} from '../shared/report.ts';
import { createTeam, loadTeamHistory, type Team } from '../shared/team.ts';
import { describeSpan, listDayStarts } from '../shared/time-zone.ts';
import { countConfirmed, listNeverNamed, readConfirmed } from './confirmed-sql.ts';
import { countPossible, readPossible } from './possible-sql.ts';
import {
  notes,
  type ConfirmedTotals,
  type PossibleTotals,
  type SubjectQuestion,
  type SubjectRow,
} from './question.ts';

/** Records that a sentence names. */
const listedRecords = 10;

/** What was seen for certain, then what may have been seen; each by time. */
export async function reportSubject(
  scope: ReportScope,
  { span, user, tickets, pseudonymise, confirmedOnly, ...lines }: SubjectQuestion,
): Promise<ReportContent> {
  const { db, account, timeZone } = scope;
  const statement = await describeAccessCoverage(scope, span);
  const filter = { account, ...span, user, tickets };
  const confirmed = await countConfirmed(db, filter);
  const possible = confirmedOnly ? undefined : await countPossible(db, filter);
  const grouping = { days: listDayStarts(span, timeZone), searchText: !pseudonymise };
  const of =
    tickets.length === 0
      ? ''
      : ` and ${tickets.length === 1 ? 'one ticket' : `${tickets.length} tickets`}`;
  return {
    title: `Accesses to user ${user}${of}, ${describeSpan(span, timeZone)}`,
    details: describeTotals(confirmed, possible, tickets.length),
    columns: withAccessFields(listColumns(pseudonymise), lines.fields),
    rows: describeRows(
      readConfirmed(db, filter, lines),
      confirmedOnly ? undefined : readPossible(db, filter, grouping, lines),
      createTeam(await loadTeamHistory(db, account)),
      { pseudonymise, fields: lines.fields },
    ),
    statement: {
      ...statement,
      coverage: [
        ...statement.coverage,
        ...explainNeverNamed(account, await listNeverNamed(db, filter)),
      ],
      notes: [
        notes.confirmed,
        confirmedOnly ? notes.confirmedOnly : notes.possible,
        ...(lines.requests ? [] : [notes.visits]),
        ...fieldNotes[lines.fields],
      ],
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
    `No stored request of the account ${account} names ${listed}. Check the ${records.length === 1 ? 'id' : 'ids'}.`,
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
    { key: 'requests', title: 'Requests', align: 'right', type: 'integer', isOptional: true },
    { key: 'until', title: 'Until', isTime: true, isOptional: true },
    { key: 'agent_role', title: 'Role', isOptional: true },
    ...(pseudonymise
      ? []
      : ([
          { key: 'agent_id', title: 'Agent id', isWhole: true, isOptional: true },
          { key: 'ip_address', title: 'IP address', isOptional: true },
          { key: 'search_query', title: 'Search', isOptional: true },
        ] as const)),
    { key: 'by_program', title: 'Program', type: 'boolean', isOptional: true },
  ];
}

async function* describeRows(
  confirmed: AsyncIterable<SubjectRow>,
  possible: AsyncIterable<SubjectRow> | undefined,
  team: Team,
  { pseudonymise, fields }: { readonly pseudonymise: boolean; readonly fields: FieldChoice },
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
  yield* addRecords(confirmed, fields, (row) => describe('confirmed', row));
  if (possible !== undefined)
    yield* addRecords(possible, fields, (row) => describe('possible', row));
}

/** Gives each agent a name that tells nothing: "Agent 1" for the first one asked about, "Agent 2" for the next. */
export function createPseudonyms(): (id: string | null) => string {
  const numbers = new Map<string | null, number>();
  return (id) => {
    const number = numbers.get(id) ?? numbers.size + 1;
    numbers.set(id, number);
    return `Agent ${number}`;
  };
}

/** The answer in numbers: the categories and approximate numbers that Art. 33 GDPR asks for. */
function describeTotals(
  confirmed: ConfirmedTotals,
  possible: readonly PossibleTotals[] | undefined,
  tickets: number,
): ReportDetail[] {
  const possibleOf = (kind: string): number | null =>
    possible === undefined
      ? null
      : (possible.find((totals) => totals.kind === kind)?.requests ?? 0);
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
    { key: 'possible_unnamed', title: 'Possible: no readable id', value: possibleOf('unnamed') },
    {
      key: 'possible_unclassified',
      title: 'Possible: unknown requests',
      value: possibleOf('unclassified'),
    },
  ];
}
