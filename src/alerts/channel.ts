/** What takes messages to people. */
import type { DatedMessage } from './texts.ts';

/** A way to people. */
export type Channel = {
  readonly name: 'webhook' | 'email';
  /** The setting that it comes from. */
  readonly setting: 'ALERT_WEBHOOK_URL' | 'SMTP_URL';
  /**
   * Sends some messages as one. `key` is the same when the same messages are sent again.
   *
   * @returns why they were not accepted, in a few words without secrets; undefined if they were
   * @throws the reason of the signal
   */
  send(
    messages: readonly DatedMessage[],
    signal: AbortSignal,
    key: string,
  ): Promise<string | undefined>;
};
