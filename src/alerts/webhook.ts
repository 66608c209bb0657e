/** Sends messages to a webhook in the format of Slack, which others understand too. */
import { createExchange } from '../evidence/anchoring/exchange.ts';
import { KnownError } from '../errors.ts';
import type { Proxies } from '../proxy.ts';
import type { Channel } from './channel.ts';
import { writeSlack } from './texts.ts';

const usualLimitMs = 10_000;

/** A channel to a webhook. @param url secret: it is the credential, and appears in no log and no reason */
export function openWebhook(url: string, proxies: Proxies, limitMs = usualLimitMs): Channel {
  const exchange = createExchange(proxies);
  return {
    name: 'webhook',
    setting: 'ALERT_WEBHOOK_URL',
    async send(messages, signal) {
      // Names from outside must not make links, and nothing is to be fetched because of them.
      const content = {
        text: writeSlack(messages),
        mrkdwn: false,
        unfurl_links: false,
        unfurl_media: false,
      };
      const late = AbortSignal.timeout(limitMs);
      try {
        const { status } = await exchange('the address', {
          method: 'POST',
          url,
          headers: { 'content-type': 'application/json; charset=utf-8' },
          body: Buffer.from(JSON.stringify(content)),
          signal: AbortSignal.any([signal, late]),
        });
        return status >= 200 && status < 300 ? undefined : `it answers with status ${status}`;
      } catch (error) {
        signal.throwIfAborted();
        if (late.aborted) return `no answer within ${limitMs / 1000} s`;
        if (error instanceof KnownError) return error.found;
        throw error;
      }
    },
  };
}
