/** The page of the report: one line for each visit. */
import { accessLogs } from '../../streams/access-logs.ts';
import { describeAccessCoverage } from '../shared/access-statement.ts';
import { outcomeWords } from '../shared/accesses.ts';
import { addRecords, fieldNotes, withAccessFields } from '../shared/record-fields.ts';
import type {
  ReportColumn,
  ReportContent,
  ReportDetail,
  ReportRow,
  ReportScope,
  ReportSpan,
} from '../shared/report.ts';
import { findPeople } from '../shared/with-archive.ts';
import { describeSpan } from '../shared/time-zone.ts';
import { meaning, type TimelineFilter, type TimelineLines, type TimelineRow } from './question.ts';
import { countTimeline, readTimeline } from './sql.ts';

const columns: readonly ReportColumn[] = [
  { key: 'time', title: 'From', isTime: true },
  { key: 'kind', title: 'Kind' },
  { key: 'resource_type', title: 'Type' },
  { key: 'resource_id', title: 'Resource', isWhole: true },
  { key: 'search_query', title: 'Search' },
  { key: 'outcome', title: 'Outcome' },
  { key: 'until', title: 'Until', isTime: true, isOptional: true },
  { key: 'requests', title: 'Requests', align: 'right', type: 'integer', isOptional: true },
  { key: 'ip_address', title: 'IP address', isOptional: true },
];

/**
 * The timeline of the agent that a text means: an id, an e-mail address or a name.
 *
 * @throws {KnownError} `bad_input` when the text means nobody or more than one person
 */
export async function reportAgentTimeline(
  asked: ReportScope,
  { agent, span, ...lines }: TimelineLines & { agent: string; span: ReportSpan },
): Promise<ReportContent> {
  const { people, scope } = await findPeople(asked, accessLogs, span, [agent]);
  const [person] = people;
  if (person === undefined) throw new Error('A text that means nobody is refused.');
  const { db, account, timeZone } = scope;
  const statement = await describeAccessCoverage(scope, span);
  const filter = { account, ...span, agent: person.id };
  const { name, id } = person;
  return {
    title: `${name ?? 'User'} (${id}): what they did, ${describeSpan(span, timeZone)}`,
    details: await describeTotals(scope, filter),
    columns: withAccessFields(columns, lines.fields),
    rows: addRecords(readTimeline(db, filter, lines), lines.fields, describeRow),
    statement: {
      ...statement,
      notes: [
        ...(lines.requests ? [] : [meaning]),
        ...fieldNotes[lines.fields],
        outcomeWords,
        ...(person.remarks ?? []),
      ],
    },
  };
}

/** A visit, or a request, without who made it. */
export function describeRow(row: TimelineRow): ReportRow {
  return {
    time: row.first_at,
    until: row.last_at,
    kind: row.kind,
    outcome: row.outcome,
    resource_type: row.resource_type,
    resource_id: row.resource_id,
    search_query: row.search_query,
    requests: row.requests,
    ip_address: row.addresses,
  };
}

/** The numbers that Art. 33 GDPR asks for when an account was misused. */
export async function describeTotals(
  { db }: ReportScope,
  filter: TimelineFilter,
): Promise<ReportDetail[]> {
  const totals = await countTimeline(db, filter);
  if (totals.requests === 0) return [];
  return [
    { key: 'requests', title: 'Requests', value: totals.requests },
    { key: 'denied_requests', title: 'Denied', value: totals.denied },
    'agent' in filter
      ? { key: 'addresses', title: 'IP addresses', value: totals.addresses }
      : { key: 'agents', title: 'People', value: totals.agents },
    { key: 'first_at', title: 'First', value: totals.first_at },
    { key: 'last_at', title: 'Last', value: totals.last_at },
    { key: 'kinds', title: 'Answered, by kind', value: totals.kinds },
    { key: 'resources', title: 'Different resources', value: totals.resources },
  ];
}
