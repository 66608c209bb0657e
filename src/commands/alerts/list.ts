import type { Command } from 'commander';
import { showMinute } from '../../alerts/conditions.ts';
import { loadStandingAlerts, type StandingAlert } from '../../alerts/memory.ts';
import { describeFailing, loadChannels, type ChannelStanding } from '../../alerts/outbox.ts';
import { capitalize } from '../../doctor/check.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabases } from '../session.ts';
import { toJson } from '../terminal/words.ts';

/** `alerts list`: the alerts that were sent and still hold, and the state of each channel. */
export function addList(alerts: Command, context: CommandContext): void {
  const command = alerts
    .command('list')
    .description(
      'the alerts that were sent and still hold, and whether the channels accept messages',
    )
    .option('--json', 'print it as JSON')
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const found = await withLocalDatabases(context, async ({ db }) => ({
        standing: await loadStandingAlerts(db),
        channels: await loadChannels(db),
      }));
      const standing = found.flatMap((each) => each.standing);
      const channels = found.flatMap((each) => each.channels);
      context.print(json ? toJson({ alerts: standing, channels }) : render(standing, channels));
    });
  addExample(command, 'zendesk-log-sync alerts list');
}

function render(alerts: readonly StandingAlert[], channels: readonly ChannelStanding[]): string {
  return [
    alerts.length === 0 ? 'No alert holds now.' : 'Alerts that still hold:',
    ...alerts.map(({ sentence, told_at: at }) => `  ${showMinute(at)}  ${sentence}`),
    '',
    ...(channels.length === 0 ? ['No message was sent yet.'] : channels.map(describeChannel)),
  ].join('\n');
}

function describeChannel(standing: ChannelStanding): string {
  const { channel, succeeded_at: at } = standing;
  const failing = describeFailing(standing);
  if (failing !== undefined) return `${capitalize(failing)}.`;
  return `${channel}: ${at === null ? 'has accepted no message yet' : `accepted its last message at ${showMinute(at)}`}.`;
}
