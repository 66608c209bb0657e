/** The key that this process signs with: somebody who rewrites the whole log does not have it. */
import type { LocalConfig } from '../../config/config.ts';
import type { KnownKey } from '../../evidence/verification/known-key.ts';
import { findSigningKey } from '../../evidence/signing-key.ts';

/** The key of this process for the log of an account; none where there is none yet, as on an auditor's machine. */
export function findOwnKey(
  { origin: named, signingKey: text, dataDirectory }: LocalConfig['evidence'],
  account: string,
): readonly KnownKey[] {
  const origin = named ?? `${account}/zendesk-log-sync`;
  const key = findSigningKey({ origin, text, dataDirectory });
  if (key === undefined) return [];
  const { publicKey } = key.verifier;
  return [{ name: "this process's own key", publicKey, origin, isGiven: false }];
}
