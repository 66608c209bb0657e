/** Counts requests by their templates within fixed memory, however many rows there are. */

/** How often a template came, and when last. */
type TemplateCount = {
  readonly template: string;
  readonly requests: number;
  readonly newest: Date;
};

/** The templates that came most often, and what the list leaves out. */
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

/** A template without ids is a form of request; no installation has so many. Those that come later are counted together. */
const mostTemplates = 10_000;

/** Creates an empty count of at most `most` different templates. */
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
