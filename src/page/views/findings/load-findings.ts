/** What the rules found: counts by severity and rule, and the findings, newest first. */
import type { Queryable } from '../../../database/client.ts';

/** Which findings: undefined asks for all. */
export type FindingsFilter = {
  readonly account: string | undefined;
  /** Only the one of this id. */
  readonly finding: string | undefined;
  readonly severity: string | undefined;
  readonly rule: string | undefined;
  readonly state: 'open' | 'acknowledged' | 'withdrawn' | undefined;
  readonly from: Date | undefined;
  readonly until: Date | undefined;
  /** Those after this one in the order of the list. */
  readonly after: { readonly at: Date; readonly finding: string } | undefined;
};

/** A finding in the list. */
type ShownFinding = {
  readonly account: string;
  readonly finding: string;
  readonly stream: string;
  readonly rule: string;
  readonly title: string | null;
  readonly severity: string;
  readonly state: string;
  readonly at: Date;
  readonly actorId: string | null;
  readonly actorName: string | null;
  readonly summary: string;
  readonly rows: number;
  readonly firstFoundAt: Date;
  readonly acknowledgedAt: Date | null;
  readonly acknowledgedBy: string | null;
  readonly acknowledgedNote: string | null;
  readonly withdrawnAt: Date | null;
  readonly withdrawnBecause: string | null;
};

/** How many findings a rule has, of each severity and state. */
type FindingCount = {
  readonly severity: string;
  readonly rule: string;
  readonly state: string;
  readonly count: number;
};

/** What the view shows. */
export type FindingsAnswer = {
  /** Of all severities, rules and states of the account and the time range. */
  readonly counts: readonly FindingCount[];
  readonly findings: readonly ShownFinding[];
  readonly hasMore: boolean;
};

const listed = 100;

/** Loads a part of the list, and the counts. */
export async function loadFindings(
  db: Queryable,
  { account, finding, severity, rule, state, from, until, after }: FindingsFilter,
): Promise<FindingsAnswer> {
  const range = [account ?? null, from ?? null, until ?? null];
  const counts = await db.query<FindingCount>(
    `select severity, rule, state, count(*)::float8 as count from zendesk.findings
     where ($1::text is null or account = $1) and ($2::timestamptz is null or created_at >= $2)
       and ($3::timestamptz is null or created_at < $3)
     group by severity, rule, state order by severity, rule, state limit 1000`,
    range,
  );
  const findings = await db.query<ShownFinding>(
    `select f.account, f.finding, f.stream, f.rule, r.title, f.severity, f.state, f.created_at as at, f.actor_id::text as "actorId",
       f.actor_name as "actorName", f.summary, jsonb_array_length(f.evidence) as rows, f.first_found_at as "firstFoundAt",
       f.acknowledged_at as "acknowledgedAt", f.acknowledged_by as "acknowledgedBy", f.acknowledged_note as "acknowledgedNote",
       f.withdrawn_at as "withdrawnAt", f.withdrawn_because as "withdrawnBecause"
     from zendesk.findings f
     left join zendesk.finding_rules r on r.rule = f.rule
     where ($1::text is null or f.account = $1) and ($2::timestamptz is null or f.created_at >= $2)
       and ($3::timestamptz is null or f.created_at < $3) and ($4::text is null or f.severity = $4)
       and ($5::text is null or f.rule = $5) and ($6::text is null or f.state = $6)
       and ($9::text is null or f.finding = $9) and ($7::timestamptz is null or (f.created_at, f.finding) < ($7, $8))
     order by f.created_at desc, f.finding desc limit ${listed + 1}`,
    [
      ...range,
      severity ?? null,
      rule ?? null,
      state ?? null,
      after?.at ?? null,
      after?.finding ?? null,
      finding ?? null,
    ],
  );
  return { counts, findings: findings.slice(0, listed), hasMore: findings.length > listed };
}
