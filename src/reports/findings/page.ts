/** What the rules found in both logs. */
import type { Queryable } from '../../database/client.ts';
import { nameHere } from '../../database/schema-names.ts';
import { refuseInput } from '../../errors.ts';
import { accessLogs } from '../../streams/access-logs.ts';
import { auditLogs } from '../../streams/audit-logs.ts';
import type { LogStream } from '../../streams/stream.ts';
import type {
  ReportColumn,
  ReportContent,
  ReportRow,
  ReportScope,
  ReportSpan,
  ReportStatement,
} from '../shared/report.ts';
import { describeCoverage } from '../shared/statement.ts';
import { describeSpan } from '../shared/time-zone.ts';

/** The severities of findings, most severe first. */
export const severities = ['high', 'medium', 'low', 'info'] as const;

/** What is asked for. */
export type FindingsQuestion = {
  readonly span: ReportSpan;
  /** The lowest severity to show. */
  readonly severity: (typeof severities)[number];
  /** Only findings of these rules; empty: of all. */
  readonly rules: readonly string[];
  /** Whether to show every column of a finding, with the keys of the rows behind it. */
  readonly allFields: boolean;
};

const usualColumns: readonly ReportColumn[] = [
  { key: 'time', title: 'Time', isTime: true },
  { key: 'severity', title: 'Severity' },
  { key: 'rule', title: 'Rule', isOptional: true },
  { key: 'actor_name', title: 'Person' },
  { key: 'summary', title: 'What was found' },
  { key: 'log', title: 'Log', isOptional: true },
  { key: 'actor_id', title: 'Person id', isWhole: true, isOptional: true },
  { key: 'record_id', title: 'Record', isWhole: true, isOptional: true },
  { key: 'finding', title: 'Finding', isWhole: true, isOptional: true },
  { key: 'state', title: 'State', isOptional: true },
  { key: 'acknowledged_by', title: 'Acknowledged by', isOptional: true },
  { key: 'acknowledged_note', title: 'Because', isOptional: true },
];

/** The columns of `zendesk.findings` that the usual report leaves out. */
const furtherColumns: readonly ReportColumn[] = [
  { key: 'acknowledged_at', title: 'Acknowledged', isTime: true },
  { key: 'rule_version', title: 'Version of the rule', type: 'integer' },
  { key: 'first_at', title: 'First row', isTime: true },
  { key: 'last_at', title: 'Last row', isTime: true },
  { key: 'evidence', title: 'Rows behind it' },
  { key: 'first_found_at', title: 'First found', isTime: true },
  { key: 'changed_at', title: 'Last changed', isTime: true },
];

const allColumns: readonly ReportColumn[] = [
  ...usualColumns.map((column) => {
    const { isOptional: _, ...always } = column;
    return always;
  }),
  ...furtherColumns,
];

const listNotes = (): readonly string[] => [
  `A finding is a match of a rule in ${nameHere('zendesk.finding_rules')}: a reason to look, not proof. Rules that are switched off find nothing.`,
];

/**
 * The findings of both logs in a span, oldest first.
 *
 * @throws {KnownError} `bad_input` for an unknown rule
 */
export async function reportFindings(
  scope: ReportScope,
  { span, severity, rules, allFields }: FindingsQuestion,
): Promise<ReportContent> {
  const { db, account, timeZone } = scope;
  await checkRules(db, rules);
  const wanted = severities.slice(0, severities.indexOf(severity) + 1);
  return {
    title: `Findings, ${describeSpan(span, timeZone)}, severity ${wanted.join(', ')}`,
    columns: allFields ? allColumns : usualColumns,
    rows: db.read<ReportRow>(
      `select created_at as time, severity, rule, actor_name, summary, stream as log, actor_id::text as actor_id, record_id,
         finding, state, acknowledged_by, acknowledged_note${
           allFields
             ? `, acknowledged_at, rule_version, first_at, last_at,
         evidence::text as evidence, first_found_at, changed_at`
             : ''
         }
       from zendesk.findings
       where account = $1 and created_at >= $2 and created_at < $3 and withdrawn_at is null
         and severity = any ($4::text[]) and ($5::text[] is null or rule = any ($5::text[]))
       order by created_at, rule, record_id`,
      [account, span.from, span.to, [...wanted], rules.length === 0 ? null : [...rules]],
    ),
    statement: { ...(await describeBoth(scope, span)), notes: listNotes() },
  };
}

/** @throws {KnownError} `bad_input` for a misspelled rule: otherwise it would look as if it had found nothing */
export async function checkRules(db: Queryable, rules: readonly string[]): Promise<void> {
  if (rules.length === 0) return;
  const rows = await db.query<{ rule: string }>(
    'select rule from zendesk.finding_rules order by rule',
  );
  const known = rows.map(({ rule }) => rule);
  const unknown = rules.filter((rule) => !known.includes(rule));
  if (unknown.length > 0)
    throw refuseInput([
      `--rule is ${unknown.map((rule) => JSON.stringify(rule)).join(' and ')}. Use rules of ${nameHere('zendesk.finding_rules')}: ${known.join(', ')}.`,
    ]);
}

/** The same sentence may be true of both. */
function nameLog({ title }: LogStream, gaps: readonly string[]): string[] {
  return gaps.map((gap) => `The ${title}: ${gap}`);
}

/** If one log cannot be reported on, the report says that it is missing and still shows the findings of the other. */
async function describeBoth(scope: ReportScope, span: ReportSpan): Promise<ReportStatement> {
  const describe = (log: LogStream): Promise<ReportStatement> =>
    // What was found in months that are in the archive stays.
    describeCoverage({ ...scope, archived: [log.name] }, { log, ...span }).catch(
      (error: unknown) => ({
        coverage: [],
        gaps: [error instanceof Error ? error.message : String(error)],
        limits: log.blindSpots,
      }),
    );
  const audit = await describe(auditLogs);
  const access = await describe(accessLogs);
  return {
    coverage: [...audit.coverage, ...access.coverage],
    gaps: [
      ...nameLog(auditLogs, audit.gaps),
      ...nameLog(accessLogs, access.gaps),
      ...(await describePending(scope, span)),
    ],
    limits: [...new Set([...audit.limits, ...access.limits])],
  };
}

/** What the rules have not looked at yet: shortly after new rows, and while a change of a rule is applied. */
async function describePending(
  { db, account, timeZone }: ReportScope,
  span: ReportSpan,
): Promise<string[]> {
  const [pending] = await db.query<{ from: Date | null; to: Date | null }>(
    `select min(greatest(p.span_from, $2::timestamptz)) as from, max(least(p.span_until, $3::timestamptz)) as to
     from (
       select u.from_at as span_from, u.until_at as span_until from zendesk_sync.unexamined u where u.account = $1
       union all
       select coalesce(lower(part), '-infinity'), coalesce(upper(part), 'infinity')
       from zendesk_sync.stale_findings s cross join unnest(s.spans) as part where s.account = $1
     ) as p
     where p.span_from < $3 and p.span_until >= $2`,
    [account, span.from, span.to],
  );
  if (pending?.from == null || pending.to == null) return [];
  const { from, to } = pending;
  return [
    `The rules have not looked at all rows yet: findings ${describeSpan({ from, to }, timeZone)} may be missing or out of date. "serve" updates them every five minutes, "sync" at its end.`,
  ];
}
