/** The sealed logs of the accounts that a command pulls, sealed beside the pulling. */
import type { Config } from '../config/config.ts';
import type { Database } from '../database/client.ts';
import { explainError, hasCode } from '../errors.ts';
import { startSealing, type SealedAccount } from '../evidence/sealer.ts';
import { loadSigningKey } from '../evidence/signing-key.ts';
import type { Log } from '../logger.ts';
import { listLogs } from '../streams/registry.ts';
import type { Stream } from '../streams/stream.ts';

/**
 * Seals what happens to the history of some accounts until the function that is returned is called.
 *
 * @throws {KnownError} `bad_input` for a signing key that cannot be read
 */
export function sealAccounts(
  configs: readonly Config[],
  streams: readonly Stream[],
  { db, signal }: { readonly db: Database; readonly signal: AbortSignal },
  log: Log,
): () => Promise<void> {
  const accounts = configs.flatMap((config) => describeSealing(config, streams, log));
  return startSealing(db, accounts, log, signal);
}

/** Without a key that can be kept nothing is sealed, and pulling goes on. */
function describeSealing(
  { zendesk: { account }, evidence }: Config,
  streams: readonly Stream[],
  log: Log,
): readonly SealedAccount[] {
  const origin = evidence.origin ?? `${account}/zendesk-log-sync`;
  const source = { origin, text: evidence.signingKey, dataDirectory: evidence.dataDirectory };
  try {
    const key = loadSigningKey(source, (path) =>
      log.info({ account, path }, 'made a signing key for the sealed log: keep a copy of it'),
    );
    const sealing = { account, origin, key, logs: listLogs(streams) };
    return [{ sealing, directory: evidence.directory }];
  } catch (error) {
    if (!hasCode(error, 'signing_key_not_kept')) throw error;
    log.error({ account, err: error }, explainError(error));
    return [];
  }
}
