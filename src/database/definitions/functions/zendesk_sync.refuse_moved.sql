create or replace function zendesk_sync.refuse_moved() returns trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
  found_state text;
  found_other text;
begin
  select m.state, m.other into found_state, found_other from zendesk_sync.moves m
  where m.account = new.account and m.state <> 'arrived' and m.move::text <> coalesce(current_setting('zendesk_sync.moves', true), '');
  if found_state is null then
    return new;
  end if;
  -- The code is this program's own: src/database/sqlstates.ts.
  raise exception using errcode = 'ZLM01', message = case found_state
    when 'left' then format('The account %s was moved to the database %s', new.account, found_other)
    when 'leaving' then format('The account %s is being moved to the database %s', new.account, found_other)
    else format('The account %s is being moved here from the database %s, and has not arrived yet', new.account, found_other)
  end;
end
$$;

comment on function zendesk_sync.refuse_moved() is 'Refuses what is written of an account that leaves for another database, has left, or has not arrived.';
