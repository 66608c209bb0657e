/** Time stamp authorities: each signs that a checkpoint was there at its time, by its own clock. */
import { randomBytes, type X509Certificate } from 'node:crypto';
import { KnownError } from '../../errors.ts';
import type { Anchor } from './anchor.ts';
import { DerError } from './der.ts';
import type { Exchange } from './exchange.ts';
import { formatTimeStampRequest, readTimeStamp } from './time-stamp-form.ts';

/** An authority, and the certificates that its own must lead to; none: the one in its answer is believed. */
type TimeStampConfig = {
  readonly url: string;
  readonly authorities: readonly X509Certificate[];
};

/** A time stamp over the checkpoint. */
export function anchorAtAuthority(
  { url, authorities }: TimeStampConfig,
  exchange: Exchange,
  everyMs: number,
): Anchor {
  const name = `The time stamp authority ${url}`;
  return {
    kind: 'time_stamp',
    place: url,
    everyMs,
    holdsFiles: false,
    async bring(_, { note }, signal) {
      const data = Buffer.from(note);
      // Positive and without leading zeros, as DER has it.
      const nonce = Buffer.concat([Buffer.of(0x40), randomBytes(15)]);
      const body = formatTimeStampRequest(data, nonce);
      const headers = { 'content-type': 'application/timestamp-query' };
      const answer = await exchange(name, { method: 'POST', url, headers, body, signal });
      if (answer.status !== 200)
        throw new KnownError('anchor_failed', {
          found: `${name} refuses the request (status ${answer.status})`,
          wayOut: 'Check TSA_URL',
          status: answer.status,
        });
      try {
        readTimeStamp(answer.body, data, nonce, authorities);
      } catch (error) {
        if (!(error instanceof DerError)) throw error;
        throw new KnownError('anchor_failed', {
          found: `${name} has not answered with a time stamp that can be verified: ${error.message.replace(/\.$/, '')}`,
          wayOut: 'Check TSA_URL and TSA_CA_FILE',
        });
      }
      return { note, token: answer.body };
    },
  };
}
