-- Who may read what. Roles belong to the whole server: they are made where the connecting user may make them, and only
-- once; elsewhere `doctor` prints the statements for somebody who may.
select zendesk_sync.grant_roles();
