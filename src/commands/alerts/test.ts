import type { Command } from 'commander';
import { testMessage } from '../../alerts/message.ts';
import { refuseInput } from '../../errors.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { listChannels } from './channels.ts';

/** `alerts test`: a message to each channel, now. Status 0 only if each has taken it. */
export function addTest(alerts: Command, context: CommandContext): void {
  const command = alerts
    .command('test')
    .description('send a test message to each channel now; status 1 if one does not take it')
    .action(async () => context.finish(await runTest(context)));
  addExample(command, 'zendesk-log-sync alerts test');
}

async function runTest(context: CommandContext): Promise<number> {
  const config = context.readLocalConfig();
  const channels = await listChannels(config, context.openLog(config));
  if (channels.length === 0)
    throw refuseInput([
      'No channel for alerts is set. Set ALERT_WEBHOOK_URL, or SMTP_URL and ALERT_EMAIL_TO.',
    ]);
  const madeAt = new Date();
  let status = 0;
  for (const channel of channels) {
    const messages = [{ message: testMessage, madeAt }];
    const reason = await channel.send(messages, context.signal, madeAt.toISOString());
    context.print(
      reason === undefined
        ? `${channel.name}: the message was taken.`
        : `${channel.name}: the message was not taken: ${reason}. Check ${channel.setting}.`,
    );
    if (reason !== undefined) status = 1;
  }
  return status;
}
