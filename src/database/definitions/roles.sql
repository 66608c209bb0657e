select zendesk_sync.grant_roles();
