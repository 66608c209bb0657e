/** The page of the report: what was certainly seen, then what may have been seen. */
import { accessLogs } from '../../streams/access-logs.ts';
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
import { withArchive } from '../shared/with-archive.ts';
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

/** What was certainly seen, then what may have been seen; each by time. */
export async function reportSubject(
  asked: ReportScope,
  {
    span,
    user,
    tickets,
    pseudonymise,
    only,
    withholdSearches = pseudonymise,
    ...lines
  }: SubjectQuestion,
): Promise<ReportContent> {
  // What may have shown a person does not name them.
  const words =
    only === 'confirmed' ? [...(user === undefined ? [] : [user]), ...tickets] : undefined;
  const scope = await withArchive(asked, accessLogs, span, words);
  const { db, account, timeZone } = scope;
  const statement = await describeAccessCoverage(scope, span);
  const filter = { account, ...span, user, tickets };
  const confirmed = only === 'possible' ? undefined : await countConfirmed(db, filter);
  const possible = only === 'confirmed' ? undefined : await countPossible(db, filter);
  const grouping = { days: listDayStarts(span, timeZone), searchText: !withholdSearches };
  return {
    title: `Accesses to ${nameSubject(user, tickets)}, ${describeSpan(span, timeZone)}`,
    details: describeTotals(confirmed, possible, tickets.length),
    columns: withAccessFields(listColumns(pseudonymise, withholdSearches), lines.fields),
    rows: describeRows(
      only === 'possible' ? undefined : readConfirmed(db, filter, lines),
      only === 'confirmed' ? undefined : readPossible(db, filter, grouping, lines),
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
        ...(only === 'possible' ? [] : [notes.confirmed]),
        only === 'confirmed' ? notes.confirmedOnly : notes.possible,
        ...(lines.requests ? [] : [notes.visits]),
        ...fieldNotes[lines.fields],
      ],
    },
  };
}

function nameSubject(user: string | undefined, tickets: readonly string[]): string {
  const [first, ...others] = tickets;
  if (user === undefined && first !== undefined && others.length === 0) return `ticket ${first}`;
  const named = tickets.length === 1 ? 'one ticket' : `${tickets.length} tickets`;
  if (user === undefined) return named;
  return `user ${user}${first === undefined ? '' : ` and ${named}`}`;
}

/** A misspelled id must not look like one that nobody has viewed. */
export function explainNeverNamed(
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

/** With pseudonyms, no column shows who an agent is. */
function listColumns(pseudonymise: boolean, withholdSearches: boolean): readonly ReportColumn[] {
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
        ] as const)),
    ...(withholdSearches
      ? []
      : ([{ key: 'search_query', title: 'Search', isOptional: true }] as const)),
    { key: 'by_program', title: 'Program', type: 'boolean', isOptional: true },
  ];
}

async function* describeRows(
  confirmed: AsyncIterable<SubjectRow> | undefined,
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
  if (confirmed !== undefined)
    yield* addRecords(confirmed, fields, (row) => describe('confirmed', row));
  if (possible !== undefined)
    yield* addRecords(possible, fields, (row) => describe('possible', row));
}

/** Gives each agent a neutral name: "Agent 1" for the first one, "Agent 2" for the next. */
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
  confirmed: ConfirmedTotals | undefined,
  possible: readonly PossibleTotals[] | undefined,
  tickets: number,
): ReportDetail[] {
  const possibleOf = (kind: string): number | null =>
    possible === undefined
      ? null
      : (possible.find((totals) => totals.kind === kind)?.requests ?? 0);
  return [
    ...describeConfirmed(confirmed, tickets),
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

function describeConfirmed(
  confirmed: ConfirmedTotals | undefined,
  tickets: number,
): ReportDetail[] {
  return [
    { key: 'confirmed_requests', title: 'Confirmed requests', value: confirmed?.requests ?? null },
    { key: 'confirmed_visits', title: 'Confirmed visits', value: confirmed?.visits ?? null },
    { key: 'confirmed_agents', title: 'Agents who made them', value: confirmed?.agents ?? null },
    {
      key: 'confirmed_tickets',
      title: 'Tickets seen',
      value: tickets === 0 ? null : (confirmed?.tickets ?? null),
    },
    { key: 'confirmed_from', title: 'First', value: confirmed?.first_at ?? null },
    { key: 'confirmed_until', title: 'Last', value: confirmed?.last_at ?? null },
    { key: 'confirmed_by_program', title: 'By programs', value: confirmed?.by_program ?? null },
    {
      key: 'unanswered_requests',
      title: 'Denied or failed, not counted',
      value: confirmed?.unanswered ?? null,
    },
  ];
}
