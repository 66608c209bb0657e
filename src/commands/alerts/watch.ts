import { keepAlerts } from '../../alerts/keep.ts';
import type { Database } from '../../database/client.ts';
import type { Log } from '../../logger.ts';
import type { CommandContext } from '../context.ts';
import type { Session } from '../session.ts';
import { listChannels } from './channels.ts';

/** Sends alerts about what is pulled, if the settings name a channel. */
export async function watchAccounts(
  db: Database,
  following: Pick<CommandContext, 'streams' | 'signal'> & { readonly log: Log },
  sessions: readonly Session[],
): Promise<() => Promise<void>> {
  const [common] = sessions;
  if (common === undefined) return async () => {};
  const { alerts } = common.config;
  return keepAlerts(db, {
    ...following,
    ...alerts,
    channels: await listChannels(common.config, following.log),
    pulled: new Map(
      sessions.map(({ config: { zendesk, streams } }) => [
        zendesk.account,
        streams.map(({ name }) => name),
      ]),
    ),
  });
}
