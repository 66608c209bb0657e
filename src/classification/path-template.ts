/** Names a request in a report without a word of what it was about: no ids, keys, addresses, tokens or search texts. */
import type { AccessRequest } from './classification.ts';
import { findQuery, splitPath } from './url.ts';

const mostSegments = 12;
const hidden = '{id}';
/** Words that are followed by a name that people chose, or by a token. */
const namesFollow = new Set(['custom_objects', 'tags', 'token', 'tokens']);

/**
 * The path of a request as a template such as `GET /api/v2/foo/{id}/bar`, or `graphql QUERY operationName`. What is no plain
 * small-letter word is replaced, and the query is dropped: reports count these templates and anybody may read them.
 */
export function describeRequest(request: AccessRequest): string {
  const url = request.url ?? '';
  const segments = splitPath(url, findQuery(url));
  const isOperation = request.graphql_operation_name !== null || request.graphql_query !== null;
  if (segments.at(-1) === 'graphql' || (segments.length === 0 && isOperation))
    return describeOperation(request);
  const method = (request.method ?? '').toUpperCase();
  const shownMethod = /^[A-Z]{1,10}$/.test(method) ? method : '?';
  return `${shownMethod} ${url === '' ? '(no url)' : describePath(segments)}`;
}

function describePath(segments: readonly string[]): string {
  const shown = segments
    .slice(0, mostSegments)
    .map((segment, i) => (namesFollow.has(segments[i - 1] ?? '') ? hidden : showSegment(segment)));
  return `/${shown.join('/')}${segments.length > mostSegments ? '/…' : ''}`;
}

function showSegment(segment: string): string {
  return /^(?:[a-z][a-z_]{0,39}|v[1-9](?:beta|alpha)?)$/.test(segment) ? segment : hidden;
}

function describeOperation(request: AccessRequest): string {
  const type = (request.graphql_operation_type ?? '').toUpperCase();
  const name = request.graphql_operation_name;
  const shownType = ['QUERY', 'MUTATION', 'SUBSCRIPTION'].includes(type) ? type : '?';
  if (name === null || name === '') return `graphql ${shownType} (no name)`;
  return `graphql ${shownType} ${/^[A-Za-z_]{1,60}$/.test(name) ? name : '{name}'}`;
}
