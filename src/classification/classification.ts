/** What a row of the access log means: the words that rules, classifier and tables share. */

/**
 * What a request did. `list` shows resources it does not name; `secret` reads or changes a credential; `log` reads the
 * audit log or the access log; `noise` is chatter of the user interface; `unclassified` is what no rule knows.
 */
export type AccessKind =
  'view' | 'list' | 'search' | 'export' | 'write' | 'secret' | 'log' | 'noise' | 'unclassified';

/** Something a request touched. `type` is singular, such as `ticket`; `id` is null for a list, search or export of that type. */
export type AccessedResource = { readonly type: string; readonly id: string | null };

/** What one request was about. The first resource is the one it is mainly about; there are at most `mostResources`, each once. */
export type Classification = {
  readonly kind: AccessKind;
  readonly resources: readonly AccessedResource[];
  /** The text that was searched for, decoded; null for none. Personal data. */
  readonly searchQuery: string | null;
};

/** The columns of an access-log row that are looked at, as in `zendesk.access_logs`; each may be null, and dirty. */
export type AccessRequest = {
  readonly method: string | null;
  readonly url: string | null;
  readonly graphql_operation_name: string | null;
  readonly graphql_operation_type: string | null;
  readonly graphql_query: string | null;
  readonly graphql_variables: string | null;
  /** Who made the request: what `me` in a path stands for. */
  readonly user_id: number | string | null;
};

/** Tells what a request was about. Pure, and never throws. */
export type Classify = (request: AccessRequest) => Classification;

/** No request is about more, whatever it claims. */
export const mostResources = 1000;

/** Adds a resource unless it is there already or the list is full. */
export function addResource(list: AccessedResource[], type: string, id: string | null): void {
  if (list.length >= mostResources) return;
  for (const known of list) if (known.id === id && known.type === type) return;
  list.push({ type, id });
}
