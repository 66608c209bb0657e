/** What a row of the access log means: the words that rules, classifier and tables share. */

/**
 * What a request did. `list` shows resources it does not name; `secret` reads or changes a credential; `log` reads the
 * audit log or the access log; `noise` is background traffic of the user interface; `unclassified` is what no rule matches.
 */
export type AccessKind =
  'view' | 'list' | 'search' | 'export' | 'write' | 'secret' | 'log' | 'noise' | 'unclassified';

/**
 * A resource that a request used. `type` is singular, such as `ticket`; `id` is null for a list, search or export of that
 * type.
 */
export type AccessedResource = { readonly type: string; readonly id: string | null };

/** What one request was about. The first resource is the main one; there are at most `mostResources`, each once. */
export type Classification = {
  readonly kind: AccessKind;
  readonly resources: readonly AccessedResource[];
  /** The text that was searched for, decoded; null for none. Personal data. */
  readonly searchQuery: string | null;
};

/** The columns of an access-log row that are used, as in `zendesk.access_logs`; each may be null or malformed. */
export type AccessRequest = {
  readonly method: string | null;
  readonly url: string | null;
  readonly graphql_operation_name: string | null;
  readonly graphql_operation_type: string | null;
  readonly graphql_query: string | null;
  readonly graphql_variables: string | null;
  /** Who sent the request: the meaning of `me` in a path. */
  readonly user_id: number | string | null;
};

/** Finds what a request was about. Pure, and never throws. */
export type Classify = (request: AccessRequest) => Classification;

/** The largest number of resources of one request, whatever it contains. */
export const mostResources = 1000;

/** Adds a resource unless it is there already or the list is full. */
export function addResource(list: AccessedResource[], type: string, id: string | null): void {
  if (list.length >= mostResources) return;
  for (const known of list) if (known.id === id && known.type === type) return;
  list.push({ type, id });
}
