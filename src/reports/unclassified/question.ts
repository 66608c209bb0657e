/** Which forms the requests have that no rule knows. */
import {
  createTemplateCounts,
  describeRequest,
  type TemplateSummary,
} from '../../classification/templates.ts';
import type { Database } from '../../database/client.ts';
import { countRequests, readUnclassified } from './sql.ts';

/** What no rule knows of the requests of an account. */
export type Unclassified = {
  readonly account: string;
  /** Undefined: of all that is stored. */
  readonly since: Date | undefined;
  /** All requests, known ones included. */
  readonly requests: number;
  readonly summary: TemplateSummary;
};

/**
 * Counts the requests that no rule knows by their forms, without ids and search texts.
 *
 * @param limit how many forms are wanted
 * @param report is called after each request with the number so far
 * @returns undefined when `signal` stopped it
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
    // The form of an operation is its name, whatever its variables.
    const request = { ...row, graphql_variables: null, user_id: null };
    counts.add(describeRequest(request), row.timestamp);
    report(counts.total());
  }
  const requests = signal.aborted ? 0 : await countRequests(db, account, since);
  return signal.aborted
    ? undefined
    : { account, since, requests, summary: counts.summarize(limit) };
}
