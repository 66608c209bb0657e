/** Who came from one address or network, and what they did: one line for each visit, or for each request. */
import { describeRow, describeTotals } from '../agent/page.ts';
import { meaning, type TimelineLines, type TimelineRow } from '../agent/question.ts';
import { readTimeline } from '../agent/sql.ts';
import { accessLogs } from '../../streams/access-logs.ts';
import { describeAccessCoverage } from '../shared/access-statement.ts';
import { outcomeWords } from '../shared/accesses.ts';
import { addRecords, fieldNotes, withAccessFields } from '../shared/record-fields.ts';
import type {
  ReportColumn,
  ReportContent,
  ReportRow,
  ReportScope,
  ReportSpan,
} from '../shared/report.ts';
import { createTeam, loadTeamHistory, type Team } from '../shared/team.ts';
import { withArchive } from '../shared/with-archive.ts';
import { describeSpan } from '../shared/time-zone.ts';

const columns: readonly ReportColumn[] = [
  { key: 'time', title: 'From', isTime: true },
  { key: 'agent_name', title: 'Agent' },
  { key: 'kind', title: 'Kind' },
  { key: 'resource_type', title: 'Type' },
  { key: 'resource_id', title: 'Resource', isWhole: true },
  { key: 'search_query', title: 'Search' },
  { key: 'outcome', title: 'Outcome' },
  { key: 'until', title: 'Until', isTime: true, isOptional: true },
  { key: 'requests', title: 'Requests', align: 'right', type: 'integer', isOptional: true },
  { key: 'ip_address', title: 'IP address', isOptional: true },
  { key: 'agent_role', title: 'Role', isOptional: true },
  { key: 'agent_id', title: 'Agent id', isWhole: true, isOptional: true },
];

const changesElsewhere =
  'Changes of the account from an address are in the audit log: report log --ip.';

/** What came from an address or a network within a span, oldest first. */
export async function reportAddress(
  asked: ReportScope,
  { network, span, ...lines }: TimelineLines & { network: string; span: ReportSpan },
): Promise<ReportContent> {
  const scope = await withArchive(asked, accessLogs, span);
  const { db, account, timeZone } = scope;
  const statement = await describeAccessCoverage(scope, span);
  const filter = { account, ...span, network };
  const team = createTeam(await loadTeamHistory(db, account));
  return {
    title: `${network}: who came from there, ${describeSpan(span, timeZone)}`,
    details: await describeTotals(scope, filter),
    columns: withAccessFields(columns, lines.fields),
    rows: addRecords(readTimeline(db, filter, lines), lines.fields, (row) =>
      describeVisit(row, team),
    ),
    statement: {
      ...statement,
      notes: [
        ...(lines.requests ? [] : [meaning]),
        ...fieldNotes[lines.fields],
        outcomeWords,
        changesElsewhere,
      ],
    },
  };
}

function describeVisit(row: TimelineRow, team: Team): ReportRow {
  const { name, role } = team.describe(row.user_id, row.first_at);
  return { ...describeRow(row), agent_id: row.user_id, agent_name: name, agent_role: role };
}
