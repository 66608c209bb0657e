/** The channels for alerts that the settings name. */
import type { Channel } from '../../alerts/channel.ts';
import type { LocalConfig } from '../../config/config.ts';
import type { Log } from '../../logger.ts';

/** Opens the channels; nothing is connected yet. */
export async function listChannels(
  { alerts: { webhookUrl, mail }, proxies }: LocalConfig,
  log: Log,
): Promise<readonly Channel[]> {
  const channels: Channel[] = [];
  if (webhookUrl !== undefined) {
    const { openWebhook } = await import('../../alerts/webhook.ts');
    channels.push(openWebhook(webhookUrl, proxies));
  }
  // Only who sends mail needs its library.
  if (mail !== undefined) channels.push((await import('../../alerts/mail.ts')).openMail(mail, log));
  return channels;
}
