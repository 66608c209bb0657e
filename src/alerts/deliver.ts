/** Brings waiting messages to a channel. */
import type { Database } from '../database/client.ts';
import type { Log } from '../logger.ts';
import type { Channel } from './channel.ts';
import { claimMessages, noteDelivered, noteRefused, returnChannel } from './outbox.ts';

/** What one process remembers: for each channel, the failure that was logged. */
export type Told = Map<string, string>;

/** Delivers what waits for a channel, if it is due. A failure is recorded, and logged once. */
export async function deliver(
  db: Database,
  channel: Channel,
  { log, told, signal }: { readonly log: Log; readonly told: Told; readonly signal: AbortSignal },
): Promise<void> {
  const waiting = await claimMessages(db, channel);
  if (waiting.length === 0) return;
  const { setting } = channel;
  const messages = waiting.map(({ content, created_at: madeAt }) => ({ message: content, madeAt }));
  const ids = waiting.map(({ id }) => id);
  const key = `${ids.join(' ')} ${messages.at(-1)?.madeAt.toISOString() ?? ''}`;
  let reason: string | undefined;
  try {
    reason = await channel.send(messages, signal, key);
  } catch (error) {
    await returnChannel(db, channel);
    if (signal.aborted) return;
    throw error;
  }
  if (reason === undefined) {
    await noteDelivered(db, channel, ids);
    if (told.delete(setting)) log.info({}, `${setting} takes alerts again`);
    return;
  }
  await noteRefused(db, channel, reason);
  // It is retried again and again: one line for each new reason is enough.
  if (told.get(setting) !== reason)
    log.warn(
      { reason, waiting: waiting.length },
      `${setting} takes no alerts; they are sent again later`,
    );
  told.set(setting, reason);
}
