/**
 * Stored tokens are encrypted with a key derived from the secret of the OAuth client, so that reading the database, a backup
 * or a statement log does not give a login.
 */
import { createCipheriv, createDecipheriv, createHmac, hkdfSync, randomBytes } from 'node:crypto';

/** Encrypts tokens of one account and one client. */
export type Seal = {
  readonly close: (text: string) => Buffer;
  /** Undefined for a text that was encrypted with another secret or for another account. */
  readonly open: (sealed: Buffer) => string | undefined;
  /** Identifies a token without revealing it. */
  readonly nameToken: (token: string) => string;
};

const cipher = 'aes-256-gcm';
const keyBytes = 32;
const nonceBytes = 12;
const tagBytes = 16;

/** The seal of an account. */
export function createSeal(account: string, clientSecret: string): Seal {
  const derive = (use: string): Buffer =>
    Buffer.from(hkdfSync('sha256', clientSecret, account, `zendesk-log-sync ${use}`, keyBytes));
  const key = derive('tokens');
  const nameKey = derive('names');
  return {
    close(text) {
      const nonce = randomBytes(nonceBytes);
      const closing = createCipheriv(cipher, key, nonce);
      const closed = Buffer.concat([closing.update(text, 'utf8'), closing.final()]);
      return Buffer.concat([nonce, closing.getAuthTag(), closed]);
    },
    open(sealed) {
      const nonce = sealed.subarray(0, nonceBytes);
      const tag = sealed.subarray(nonceBytes, nonceBytes + tagBytes);
      try {
        const opening = createDecipheriv(cipher, key, nonce, { authTagLength: tagBytes });
        opening.setAuthTag(tag);
        const text = opening.update(sealed.subarray(nonceBytes + tagBytes));
        return Buffer.concat([text, opening.final()]).toString('utf8');
      } catch {
        return undefined;
      }
    },
    nameToken: (token) => createHmac('sha256', nameKey).update(token).digest('hex').slice(0, 32),
  };
}
