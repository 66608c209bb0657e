create or replace function zendesk_sync.describe_findings(findings regclass, meaning text) returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  one record;
begin
  execute format('comment on view %s is %L', findings, meaning);
  for one in
    select a.attname as name, known.comment
    from pg_attribute a
    join (values
      ('account', 'Key of the Zendesk account.'),
      ('rule', 'The rule: finding_rules.rule.'),
      ('severity', 'high, medium, low or info.'),
      ('created_at', 'When it happened, UTC; for findings about a whole day the last request of that day.'),
      ('actor_id', 'Who did it; -1 is the system.'),
      ('actor_name', 'Name of who did it, as the record gives it.'),
      ('summary', 'What was found, in a few words.'),
      ('access_log_id', 'The request: access_logs.id, with created_at as its timestamp.'),
      ('audit_log_id', 'The record: audit_logs.id.')
    ) as known (name, comment) on known.name = a.attname
    where a.attrelid = findings
  loop
    execute format('comment on column %s.%I is %L', findings, one.name, one.comment);
  end loop;
end
$$;

comment on function zendesk_sync.describe_findings(regclass, text) is 'Comments a view of findings and its columns, which are the same for all rules about a log.';
