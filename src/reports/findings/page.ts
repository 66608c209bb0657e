/** What the rules found in both logs. */
import type { Queryable } from '../../database/client.ts';
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

/** How grave a finding is, gravest first. */
export const severities = ['high', 'medium', 'low', 'info'] as const;

/** What is asked for. */
export type FindingsQuestion = {
  readonly span: ReportSpan;
  /** The least grave ones that are wanted. */
  readonly severity: (typeof severities)[number];
  /** Only of these rules; empty: of all. */
  readonly rules: readonly string[];
};

const columns: readonly ReportColumn[] = [
  { key: 'time', title: 'Time', isTime: true },
  { key: 'severity', title: 'Severity' },
  { key: 'rule', title: 'Rule', isOptional: true },
  { key: 'actor_name', title: 'Person' },
  { key: 'summary', title: 'What was found' },
  { key: 'log', title: 'Log', isOptional: true },
  { key: 'actor_id', title: 'Person id', isWhole: true, isOptional: true },
  { key: 'record_id', title: 'Record', isWhole: true, isOptional: true },
];

const notes = [
  'A finding is a match of a rule in zendesk.finding_rules: a reason to look, not proof. Rules that are switched off find nothing.',
];

/**
 * The findings of both logs in a span, oldest first.
 *
 * @throws {KnownError} `bad_input` for a rule that is not known
 */
export async function reportFindings(
  scope: ReportScope,
  { span, severity, rules }: FindingsQuestion,
): Promise<ReportContent> {
  const { db, account, timeZone } = scope;
  await checkRules(db, rules);
  const wanted = severities.slice(0, severities.indexOf(severity) + 1);
  return {
    title: `Findings, ${describeSpan(span, timeZone)}, severity ${wanted.join(', ')}`,
    columns,
    rows: db.read<ReportRow>(
      `with found as (
         select created_at, severity, rule, actor_id, actor_name, summary, 'audit_logs' as log, audit_log_id::text as record_id
         from zendesk.audit_findings
         where account = $1 and created_at >= $2 and created_at < $3
         union all
         select created_at, severity, rule, actor_id, actor_name, summary, 'access_logs', access_log_id
         from zendesk.access_findings
         where account = $1 and created_at >= $2 and created_at < $3
       )
       select created_at as time, severity, rule, actor_name, summary, log, actor_id::text as actor_id, record_id
       from found
       where severity = any ($4::text[]) and ($5::text[] is null or rule = any ($5::text[]))
       order by created_at, rule, record_id`,
      [account, span.from, span.to, [...wanted], rules.length === 0 ? null : [...rules]],
    ),
    statement: { ...(await describeBoth(scope, span)), notes },
  };
}

/** @throws {KnownError} `bad_input` for a rule that is mistyped: it would seem to have found nothing */
async function checkRules(db: Queryable, rules: readonly string[]): Promise<void> {
  if (rules.length === 0) return;
  const rows = await db.query<{ rule: string }>(
    'select rule from zendesk.finding_rules order by rule',
  );
  const known = rows.map(({ rule }) => rule);
  const unknown = rules.filter((rule) => !known.includes(rule));
  if (unknown.length > 0)
    throw refuseInput([
      `--rule is ${unknown.map((rule) => JSON.stringify(rule)).join(' and ')}; expected rules of zendesk.finding_rules: ${known.join(', ')}.`,
    ]);
}

/** The same sentence may be true of both. */
function nameLog({ title }: LogStream, gaps: readonly string[]): string[] {
  return gaps.map((gap) => `The ${title}: ${gap}`);
}

/** A log that cannot be answered about is said to be missing: the other one still has its findings. */
async function describeBoth(scope: ReportScope, span: ReportSpan): Promise<ReportStatement> {
  const describe = (log: LogStream): Promise<ReportStatement> =>
    describeCoverage(scope, { log, ...span }).catch((error: unknown) => ({
      coverage: [],
      gaps: [error instanceof Error ? error.message : String(error)],
      limits: log.blindSpots,
    }));
  const audit = await describe(auditLogs);
  const access = await describe(accessLogs);
  return {
    coverage: [...audit.coverage, ...access.coverage],
    gaps: [...nameLog(auditLogs, audit.gaps), ...nameLog(accessLogs, access.gaps)],
    limits: [...new Set([...audit.limits, ...access.limits])],
  };
}
