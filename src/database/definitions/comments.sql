comment on table zendesk_sync.definitions is 'What the database has of the definitions of this program: views, functions, rules, comments and grants. A definition is run again when its hash differs.';
comment on column zendesk_sync.definitions.name is 'Its file below src/database/definitions, without .sql.';
comment on column zendesk_sync.definitions.hash is 'SHA-256 of the file as it was run.';
comment on column zendesk_sync.definitions.object is 'The view or function that it created; null for rows, comments and grants.';
comment on column zendesk_sync.definitions.applied_at is 'When it was last run.';
