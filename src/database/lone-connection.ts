/** A single connection, for callers that need no pool. */
import type { Client } from 'pg';
import { createChoice } from './choosing.ts';
import { createClient } from './session-settings.ts';
import type { ConnectionPlan } from './ways.ts';

/**
 * Opens one. `isPlain`: without settings, for a pooler that does not allow them. Its later error events are ignored: the
 * running statement, or the next one, reports them. Rejects with the driver's errors.
 */
export async function openLoneConnection(
  { route, config }: ConnectionPlan,
  isPlain: boolean,
): Promise<Client> {
  const choice = createChoice(route);
  return choice.connect<Client>({
    open: async () => {
      const client = createClient({ ...config, ...choice.current().config }, () => isPlain);
      client.on('error', () => {});
      await client.connect();
      return client;
    },
    ask: async (client, text) => (await client.query<Record<string, unknown>>(text)).rows[0] ?? {},
    discard: (client) => void client.end().catch(() => {}),
  });
}
