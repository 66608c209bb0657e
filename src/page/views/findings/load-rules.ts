/** The rules with their thresholds, on and off. */
import type { Queryable } from '../../../database/client.ts';

/** A rule and how much it finds. */
export type ShownRule = {
  readonly rule: string;
  readonly stream: string;
  readonly severity: string;
  readonly question: string;
  readonly title: string;
  /** Thresholds by name. */
  readonly parameters: Readonly<Record<string, unknown>>;
  readonly isOn: boolean;
  /** How many patterns recognise its rows, where it has some. */
  readonly patterns: number;
  readonly version: number | null;
  readonly since: Date | null;
  readonly open: number;
  readonly acknowledged: number;
  /** The newest finding that holds. */
  readonly newest: Date | null;
};

/** Loads all rules, most severe first. */
export async function loadRules(
  db: Queryable,
  account: string | undefined,
): Promise<readonly ShownRule[]> {
  return db.query<ShownRule>(
    `select r.rule, r.stream, r.severity, r.question, r.title, r.parameters, r.enabled as "isOn",
       (select count(*)::float8 from zendesk.audit_patterns p where p.rule = r.rule) as patterns,
       v.version, v.since, coalesce(f.open, 0) as open, coalesce(f.acknowledged, 0) as acknowledged, f.newest
     from zendesk.finding_rules r
     left join lateral (
       select v.version, v.since from zendesk.finding_rule_versions v where v.rule = r.rule order by v.version desc limit 1
     ) as v on true
     left join (
       select rule, count(*) filter (where state = 'open')::float8 as open,
         count(*) filter (where state = 'acknowledged')::float8 as acknowledged,
         max(created_at) filter (where withdrawn_at is null) as newest
       from zendesk.findings where $1::text is null or account = $1 group by rule
     ) as f on f.rule = r.rule
     order by array_position(array['high', 'medium', 'low', 'info'], r.severity), r.rule limit 500`,
    [account ?? null],
  );
}
