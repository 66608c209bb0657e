/**
 * What the requests of the access log mean: the built-in rules. The first that matches decides, so special rules come before
 * general ones. `/api/*` is /api/v2, /api/v2beta, /api/lotus and /api/services alike. The forms of rules are explained in
 * access-rule.ts; an installation puts its own before these.
 */
import type { AccessRule } from './access-rule.ts';
import { administrationRules } from './administration-rules.ts';

const helpCenters = [
  '/hc/api/v2',
  '/hc/api/v2/*',
  '/api/*/help_center',
  '/api/*/help_center/*',
] as const;

export const accessRules: readonly AccessRule[] = [
  // Reading the logs themselves (PCI DSS 10.2.1.3).
  { path: '/api/*/audit_logs/{audit_log}', kind: 'log' },
  { path: '/api/*/audit_logs/**', kind: 'log', resource: 'audit_log' },
  { path: '/api/*/access_logs/{access_log}', kind: 'log' },
  { path: '/api/*/access_logs/**', kind: 'log', resource: 'access_log' },

  // Credentials, read or changed.
  { path: '/api/*/users/{user:me}/password', kind: 'secret' },
  { path: '/api/*/users/{user}/password', kind: 'secret' },
  {
    path: '/api/*/users/{user}/recovery_codes|recovery_code|two_factor_authentication|two_factor|api_tokens/**',
    kind: 'secret',
  },
  {
    path: '/admin/api/private/team_members/{user}/password|recovery_codes|recovery_code|two_factor_authentication|two_factor|api_tokens/**',
    kind: 'secret',
  },
  { path: '/api/*/oauth/clients|global_clients/{oauth_client}/**', kind: 'secret' },
  { path: '/api/*/oauth/clients|global_clients/**', kind: 'secret', resource: 'oauth_client' },
  { path: '/api/*/oauth/tokens/{oauth_token}/**', kind: 'secret' },
  { path: '/api/*/oauth/tokens/**', kind: 'secret', resource: 'oauth_token' },
  { path: '/api/*/users/me/oauth/clients/**', kind: 'secret', resource: 'oauth_client' },
  { path: '/oauth/tokens', kind: 'secret', resource: 'oauth_token' },
  { path: '/api/*/api_tokens/{api_token}/**', kind: 'secret' },
  { path: '/api/*/api_tokens/**', kind: 'secret', resource: 'api_token' },
  { path: '/admin/api/private/api_tokens/{api_token}/**', kind: 'secret' },
  { path: '/admin/api/private/api_tokens/**', kind: 'secret', resource: 'api_token' },
  { path: '/api/*/webhooks/{webhook}/signing_secret', kind: 'secret' },
  {
    path: '/api/*/oauth_connections|api_key_connections|basic_auth_connections|basic_authentication_connections/**',
    kind: 'secret',
    resource: 'api_connection',
  },
  { path: '/api/services/zis/connections/**', kind: 'secret', resource: 'api_connection' },
  { path: '/api/services/zis/*/connections/**', kind: 'secret', resource: 'api_connection' },
  { path: '/api/services/zis/*/*/connections/**', kind: 'secret', resource: 'api_connection' },

  // What the user interface requests automatically.
  { path: '/api/*/users/me/**', kind: 'noise' },
  { path: '/api/*/assignables/**', kind: 'noise' },
  {
    path: '/api/*/bookmarks|job_statuses|locales|push_notification_devices|skips/**',
    kind: 'noise',
  },
  { operation: 'currentUser', kind: 'noise' },
  { operation: 'me', kind: 'noise' },
  { operation: 'viewer', kind: 'noise' },

  // Exports, and searches across types.
  {
    path: '/api/*/incremental/tickets|ticket_events|ticket_metric_events/**',
    kind: 'export',
    resource: 'ticket',
  },
  { path: '/api/*/incremental/users/**', kind: 'export', resource: 'user' },
  { path: '/api/*/incremental/organizations/**', kind: 'export', resource: 'organization' },
  {
    path: '/api/*/incremental/custom_objects/{custom_object:key}/**',
    kind: 'export',
    resource: 'custom_object_record',
  },
  { path: '/api/*/help_center/incremental/articles', kind: 'export', resource: 'article' },
  { path: '/api/*/incremental/**', kind: 'export' },
  { path: '/api/*/search/export', kind: 'export' },
  { path: '/api/*/search/**', kind: 'search' },
  { path: '/api/*/guide/search', kind: 'search', resource: 'article' },

  // Tickets. Their requester is not in the url.
  { operation: 'ticket', resource: 'ticket' },
  { path: '/api/*/tickets/mark_many_as_spam', kind: 'write', resource: 'ticket' },
  { path: '/api/*/tickets/{ticket}/merge|mark_as_spam', kind: 'write' },
  { path: '/api/*/tickets/{ticket}/comments/{comment}/redact|make_private', kind: 'write' },
  {
    path: '/api/*/tickets/{ticket}/comments/{comment}/attachments/{attachment}/redact',
    kind: 'write',
  },
  { path: '/api/*/tickets/{ticket}/side_conversations/{side_conversation}/**', kind: 'view' },
  { collection: '/api/*/tickets', resource: 'ticket' },
  { path: '/api/*/deleted_tickets/restore_many', kind: 'write', resource: 'ticket' },
  { path: '/api/*/deleted_tickets/{ticket}/restore', kind: 'write' },
  { collection: '/api/*/deleted_tickets', resource: 'ticket' },
  { path: '/api/*/suspended_tickets/recover_many', kind: 'write', resource: 'suspended_ticket' },
  { path: '/api/*/suspended_tickets/{suspended_ticket}/recover', kind: 'write' },
  { collection: '/api/*/suspended_tickets', resource: 'suspended_ticket' },
  { collection: '/api/*/requests', resource: 'ticket' },
  { path: '/api/*/problems/autocomplete', kind: 'search', resource: 'ticket' },
  { path: '/api/*/problems', kind: 'list', resource: 'ticket' },
  { path: '/api/*/ticket_audits/**', kind: 'list', resource: 'ticket' },
  { path: '/api/*/imports/tickets/**', kind: 'write', resource: 'ticket' },
  {
    path: '/api/*/channels/voice/agents/*/tickets/{ticket}/display',
    methods: ['POST'],
    kind: 'view',
  },
  { path: '/api/*/channels/voice/tickets', kind: 'write', resource: 'ticket' },
  { path: '/api/*/routing/tickets/{ticket}/**', kind: 'view' },
  { path: '/api/*/chat_redactions|chat_file_redactions/{ticket}/**', kind: 'write' },
  { path: '/api/*/comment_redactions/{comment}', kind: 'write' },
  { path: '/attachments/token/**', kind: 'view', resource: 'attachment' },
  { path: '/api/*/attachments/token/**', kind: 'view', resource: 'attachment' },
  { collection: '/api/*/attachments', resource: 'attachment' },
  { path: '/api/*/uploads/**', kind: 'list', resource: 'attachment' },

  // Views: running one lists tickets.
  { operation: 'view', kind: 'list', resource: 'view' },
  { path: '/api/*/views/{view}/export', kind: 'export' },
  { path: '/api/*/views/{view}/tickets|execute|count|feed', kind: 'list' },
  { path: '/api/*/views/count_many', kind: 'list', resource: 'view' },
  { path: '/api/*/views/preview/**', methods: ['GET', 'POST'], kind: 'list', resource: 'ticket' },
  { collection: '/api/*/views', resource: 'view' },

  // People and organizations.
  { path: '/api/*/users/logout_many', kind: 'write', resource: 'user' },
  { path: '/api/*/users/{user}/merge', kind: 'write' },
  { path: '/api/*/users/{user}/identities/{identity}/**', kind: 'view' },
  { path: '/api/*/users/{user}/sessions/{session}/**', kind: 'view' },
  { collection: '/api/*/users', resource: 'user' },
  { collection: '/api/*/deleted_users', resource: 'user' },
  { collection: '/api/*/end_users', resource: 'user' },
  { collection: '/api/*/user_profiles', resource: 'user' },
  { path: '/api/*/channels/voice/agents/*/users/{user}/display', methods: ['POST'], kind: 'view' },
  { path: '/api/*/routing/agents/{user}/**', kind: 'view' },
  { path: '/api/*/community/users/{user}/**', kind: 'view' },
  { collection: '/admin/api/private/team_members', resource: 'user' },
  { collection: '/api/*/sessions', resource: 'session' },
  { collection: '/api/*/organizations', resource: 'organization' },

  // Custom objects.
  {
    path: '/api/*/custom_objects/{custom_object:key}/records/search|autocomplete',
    kind: 'search',
    resource: 'custom_object_record',
  },
  {
    path: '/api/*/custom_objects/{custom_object:key}/records/{custom_object_record}/**',
    kind: 'view',
    resource: 'custom_object_record',
  },
  {
    path: '/api/*/custom_objects/{custom_object:key}/records|jobs/**',
    kind: 'list',
    resource: 'custom_object_record',
  },
  { path: '/api/*/custom_objects/limits/**', kind: 'list', resource: 'custom_object' },
  { path: '/api/*/custom_objects/{custom_object:key}/**', kind: 'view' },
  { path: '/api/*/custom_objects', kind: 'list', resource: 'custom_object' },

  // Help Center, with and without a locale in the path.
  ...helpCenters.flatMap((base): AccessRule[] => [
    { path: `${base}/search`, kind: 'search', resource: 'article' },
    { path: `${base}/community_posts/search`, kind: 'search', resource: 'post' },
    { collection: `${base}/articles`, resource: 'article' },
    { collection: `${base}/sections`, resource: 'section' },
    { collection: `${base}/categories`, resource: 'category' },
    { collection: `${base}/posts`, resource: 'post' },
    { collection: `${base}/topics`, resource: 'topic' },
    { path: `${base}/users/{user}/**`, kind: 'view' },
  ]),
  { collection: '/api/*/community/posts', resource: 'post' },
  { collection: '/api/*/community/topics', resource: 'topic' },

  // Settings of the account.
  {
    path: '/admin/api/private/accounts/current/remote_authentications/{remote_authentication}/**',
    kind: 'view',
  },
  {
    path: '/admin/api/private/accounts/current/remote_authentications/**',
    kind: 'list',
    resource: 'remote_authentication',
  },
  { path: '/admin/api/private/accounts/current/**', kind: 'view', resource: 'setting' },
  { path: '/api/*/account|accounts/**', kind: 'view', resource: 'setting' },
  { collection: '/api/*/remote_authentications', resource: 'remote_authentication' },

  // Approvals.
  {
    path: '/api/*/approval_workflow_instances/*/approval_requests/search',
    kind: 'search',
    resource: 'approval_request',
  },
  {
    path: '/api/*/approval_workflow_instances/*/approval_requests/{approval_request}/**',
    kind: 'view',
  },
  { collection: '/api/*/approval_requests', resource: 'approval_request' },

  ...administrationRules,
];
