/** The forms of the requests that no rule matches. */
import {
  createTemplateCounts,
  describeRequest,
  type TemplateSummary,
} from '../../classification/templates.ts';
import type { Database } from '../../database/client.ts';
import { countRequests, readUnclassified } from './sql.ts';

/** The requests of an account that no rule matches. */
export type Unclassified = {
  readonly account: string;
  /** Undefined: all stored requests. */
  readonly since: Date | undefined;
  /** All requests, including known ones. */
  readonly requests: number;
  readonly summary: TemplateSummary;
};

/**
 * Counts the requests that no rule matches by their forms, without ids and search texts.
 *
 * @param limit the largest number of forms @param report is called after each request with the number so far @returns
 *   undefined if `signal` stopped it
 */
export async function summarizeUnclassified(
  db: Database,
  { account, since }: Pick<Unclassified, 'account' | 'since'>,
  {
    limit,
    signal,
    report,
  }: {
    readonly limit: number;
    readonly signal: AbortSignal;
    readonly report: (total: number) => void;
  },
): Promise<Unclassified | undefined> {
  const counts = createTemplateCounts();
  for await (const row of readUnclassified(db, account, since)) {
    if (signal.aborted) break;
    // The form of an operation is its name; the variables do not count.
    const request = { ...row, graphql_variables: null, user_id: null };
    counts.add(describeRequest(request), row.timestamp);
    report(counts.total());
  }
  const requests = signal.aborted ? 0 : await countRequests(db, account, since);
  return signal.aborted
    ? undefined
    : { account, since, requests, summary: counts.summarize(limit) };
}
