/** Whether alerts reach people. */
import { describeFailing, loadChannels } from '../alerts/outbox.ts';
import type { Config } from '../config/config.ts';
import { isFrom } from '../errors.ts';
import { warning, type Check } from './check.ts';
import type { ReadOnlyDatabase } from './diagnosis.ts';

/** A warning for each channel of the settings that takes nothing. What is well is not told. */
export async function examineAlerts(
  { alerts: { webhookUrl, mail } }: Config,
  db: ReadOnlyDatabase,
): Promise<readonly Check[]> {
  const settings = new Map<string, string>([
    ...(webhookUrl === undefined ? [] : [['webhook', 'ALERT_WEBHOOK_URL'] as const]),
    ...(mail === undefined ? [] : [['email', 'SMTP_URL and ALERT_EMAIL_TO'] as const]),
  ]);
  if (settings.size === 0) return [];
  try {
    return (await loadChannels(db)).flatMap((standing) => {
      const setting = settings.get(standing.channel);
      const found = describeFailing(standing);
      if (setting === undefined || found === undefined) return [];
      return [
        warning(
          `alerts by ${standing.channel}`,
          found,
          `Check ${setting}, and try it with "alerts test". The program sends what waits as soon as it can.`,
        ),
      ];
    });
  } catch (error) {
    // Where there are no tables yet, or none that may be read, other checks say so.
    if (isFrom(error, 'database')) return [];
    throw error;
  }
}
