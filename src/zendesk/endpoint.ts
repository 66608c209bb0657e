const tokenPath = '/oauth/tokens';

/**
 * A short name for what a path asks for, without ids: `audit_logs`, `access_logs`, `users`, `oauth_tokens`; for
 * anything else the name of its collection.
 */
export function nameEndpoint(path: string): string {
  if (path === tokenPath) return 'oauth_tokens';
  return /^\/api\/v2\/([a-z_]{1,40})(?:[/.]|$)/.exec(path)?.[1] ?? 'other';
}
