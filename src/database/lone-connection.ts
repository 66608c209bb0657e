/** A connection of its own, for whoever needs no pool. */
import type { Client } from 'pg';
import { createChoice } from './choosing.ts';
import { createClient } from './session-settings.ts';
import type { ConnectionPlan } from './ways.ts';

/**
 * Opens one. `isPlain`: nothing is set on it, as where a pooler keeps settings from being sent. Its later errors are heard by
 * nobody: what it says is said by the statement that runs, or by the next one. Rejects with the driver's errors.
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
