import type { Command } from 'commander';
import { addList } from './alerts/list.ts';
import { addTest } from './alerts/test.ts';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';

/** `alerts`: the messages to people. */
export function addAlerts(alerts: Command, context: CommandContext): void {
  addExample(alerts, 'zendesk-log-sync alerts test');
  addTest(alerts, context);
  addList(alerts, context);
}
