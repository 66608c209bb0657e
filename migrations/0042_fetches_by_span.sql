CREATE INDEX "fetches_span" ON "zendesk_sync"."fetches" USING btree ("account","stream","span_from");--> statement-breakpoint
CREATE INDEX "fetches_long" ON "zendesk_sync"."fetches" USING btree ("account","stream") WHERE span_until - span_from > interval '1 day';
--> statement-breakpoint
-- Summaries of findings about tickets repeat subjects. Those that still hold are made again after this; these rows may be gone.
update zendesk.findings f set summary = coalesce((select r.title from zendesk.finding_rules r where r.rule = f.rule), f.rule)
where f.stream = 'audit_logs'
  and exists (
    select from zendesk.audit_patterns p where p.rule = f.rule and (p.source_types is null or 'ticket' = any (p.source_types))
  )
  and not exists (
    select from zendesk.audit_logs a
    where a.account = f.account and a.created_at = f.created_at and a.id::text = f.record_id and a.source_type is distinct from 'ticket'
  );
