/** What is sent to people as gauges. */
import { Gauge, type Registry } from 'prom-client';
import type { MessageMeasures } from './message-measures.ts';
import { prefix } from './process-metrics.ts';

/** Adds the gauges to a registry. The returned function adds the measured values to what they are. */
export function createMessageGauges(registry: Registry): (measures: MessageMeasures) => void {
  const registers = [registry];
  const messages = new Gauge({
    name: `${prefix}alert_messages`,
    help: 'Alerts of the last 30 days by channel: delivered, waiting, or given up after three days.',
    labelNames: ['channel', 'state'],
    registers,
  });
  const failures = new Gauge({
    name: `${prefix}alert_channel_failures`,
    help: 'Times that sending alerts through the channel has failed since it last succeeded.',
    labelNames: ['channel'],
    registers,
  });
  const failed = new Gauge({
    name: `${prefix}report_failed`,
    help: '1 when a scheduled report could not be written the last time.',
    labelNames: ['account', 'report'],
    registers,
  });
  const next = new Gauge({
    name: `${prefix}report_next_timestamp_seconds`,
    help: 'When a scheduled report is written next.',
    labelNames: ['account', 'report'],
    registers,
  });
  return ({ channels, reports }) => {
    for (const { channel, delivered, waiting, givenUp, failures: count } of channels) {
      // Each of several databases has its own.
      messages.inc({ channel, state: 'delivered' }, delivered);
      messages.inc({ channel, state: 'waiting' }, waiting);
      messages.inc({ channel, state: 'given_up' }, givenUp);
      failures.inc({ channel }, count);
    }
    for (const { account, report, hasFailed, nextAt } of reports) {
      failed.set({ account, report }, Number(hasFailed));
      next.set({ account, report }, nextAt);
    }
  };
}
