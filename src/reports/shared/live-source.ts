import { priorities } from '../../ingest/engine.ts';
import { supportBudget } from '../../streams/support-budget.ts';
import { users } from '../../streams/users.ts';
import type { Zendesk } from '../../zendesk/client.ts';

/** Requests to Zendesk for a report, within the budget of the account. */
export type LiveSource = {
  readonly zendesk: Pick<Zendesk, 'readPage' | 'readObject' | 'placeOrder'>;
  readonly signal: AbortSignal;
};

/** Requests one object of the Support API: a path below the origin, and parameters. Default: what every agent may read. */
export async function askObject(
  { zendesk, signal }: LiveSource,
  path: string,
  parameters: readonly (readonly [string, string])[] = [],
  needs = { ...users.needs, name: path },
): Promise<Readonly<Record<string, unknown>>> {
  const answer = await zendesk.readObject(
    { group: supportBudget, priority: priorities.listing, path, parameters, needs },
    signal,
  );
  return answer as Readonly<Record<string, unknown>>;
}
