/** The forms of requests that no rule matches, without any content: no ids, keys, addresses, tokens or search texts. */
import type { AccessRequest } from './classification.ts';
import { findQuery, splitPath } from './url.ts';

const mostSegments = 12;
const hidden = '{id}';
/** Words before a name that people chose, or before a token. */
const namesFollow = new Set(['custom_objects', 'tags', 'token', 'tokens']);

/**
 * The path of a request as a template such as `GET /api/v2/foo/{id}/bar`, or `graphql QUERY operationName`. Everything
 * except plain lower-case words is replaced, and the query is dropped: reports count these templates and anybody may read
 * them.
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

/** How often a template was found, and when last. */
type TemplateCount = {
  readonly template: string;
  readonly requests: number;
  readonly newest: Date;
};

/** The most frequent templates, and what the list leaves out. */
export type TemplateSummary = {
  /** All requests that were counted. */
  readonly total: number;
  readonly templates: readonly TemplateCount[];
  /** Requests whose templates are not in the list. */
  readonly others: number;
};

type TemplateCounts = {
  add(template: string, at: Date): void;
  /** All requests that were counted. */
  total(): number;
  /** The `limit` most frequent templates, the most frequent first. */
  summarize(limit: number): TemplateSummary;
};

/** A template without ids is a form of request; no installation has so many. Later ones are counted together. */
const mostTemplates = 10_000;

/** Creates an empty count of at most `most` different templates: fixed memory for any number of rows. */
export function createTemplateCounts(most = mostTemplates): TemplateCounts {
  const counts = new Map<string, { requests: number; newestMs: number }>();
  let total = 0;
  return {
    add(template, at) {
      total += 1;
      const atMs = at.getTime();
      const known = counts.get(template);
      if (known !== undefined) {
        known.requests += 1;
        known.newestMs = Math.max(known.newestMs, atMs);
      } else if (counts.size < most) {
        counts.set(template, { requests: 1, newestMs: atMs });
      }
    },
    total: () => total,
    summarize(limit) {
      const templates = [...counts]
        .toSorted(([a, { requests: x }], [b, { requests: y }]) => y - x || (a < b ? -1 : 1))
        .slice(0, limit)
        .map(([template, { requests, newestMs }]) => ({
          template,
          requests,
          newest: new Date(newestMs),
        }));
      const listed = templates.reduce((sum, { requests }) => sum + requests, 0);
      return { total, templates, others: total - listed };
    },
  };
}
