/** A change of the rules for classification and detection: recorded in the sealed log, like a new version. */
import type { Queryable } from '../database/client.ts';

/** How long a change of the rules may go unnoticed. */
export const rulesCheckMs = 60_000;

type RulesOf = {
  readonly account: string;
  /** Fingerprint of the rules by which this process classifies; undefined: unchanged, because other processes have their own. */
  readonly classification: string | undefined;
};

/** The rows of the rules of detection, and of their patterns, as one text. */
const detections = `(
    select string_agg(rule, E'\\n' order by rule) from (
      select to_jsonb(r)::text as rule from zendesk.finding_rules r
      union all
      select (to_jsonb(p) - 'pattern')::text from zendesk.audit_patterns p
      union all
      select to_jsonb(s)::text from zendesk.search_patterns s
    ) as rules
  )`;

/** The views that use them. Another major version of Postgres may print them differently. */
const definitions = `(
    select string_agg(c.relname || ' ' || pg_get_viewdef(c.oid), E'\\n' order by n.nspname, c.relname)
    from pg_class c join pg_namespace n on n.oid = c.relnamespace
    where n.nspname in ('zendesk', 'zendesk_sync') and c.relkind = 'v' and c.relname like '%finding%'
  )`;

function fingerprint(text: string): string {
  return `encode(sha256(convert_to(coalesce(${text}, ''), 'UTF8')), 'hex')`;
}

/** Records the rules if the log has others. Does nothing before the log begins. */
export async function noteRules(
  db: Queryable,
  { account, classification }: RulesOf,
): Promise<void> {
  await db.query(
    `with present as materialized (
       select ${fingerprint(detections)} as detections, ${fingerprint(definitions)} as definitions
     ),
     changed as (
       update zendesk_evidence.logs l
       set rules = p.rules
       from (
         select jsonb_strip_nulls(jsonb_build_object(
           'classification', coalesce($2, k.rules ->> 'classification'), 'detections', present.detections, 'definitions', present.definitions
         )) as rules
         from present join zendesk_evidence.logs k on k.account = $1
       ) as p
       where l.account = $1 and l.rules is distinct from p.rules
       returning l.rules
     )
     insert into zendesk_evidence.pending (account, stream, manifest)
     select $1, '', (rules || '{"kind": "rules"}')::text from changed`,
    [account, classification ?? null],
  );
}
