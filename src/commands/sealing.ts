/** The sealed logs of the accounts that a command pulls, sealed and anchored beside the pulling. */
import { fingerprintRules } from '../classification/access-rule.ts';
import type { Config } from '../config/config.ts';
import type { Database } from '../database/client.ts';
import { explainError, hasCode } from '../errors.ts';
import { startAnchoring } from '../evidence/anchoring/anchoring.ts';
import type { Sealing } from '../evidence/sealed-log.ts';
import { startSealing } from '../evidence/sealer.ts';
import { loadSigningKey } from '../evidence/signing-key.ts';
import type { Log } from '../logger.ts';
import { listLogs } from '../streams/registry.ts';
import type { Stream } from '../streams/stream.ts';
import { listAnchors, listCopies } from './anchors.ts';

/**
 * Seals what happens to the history of some accounts, and brings the checkpoints to the places outside, until the function
 * that is returned is called.
 *
 * @throws {KnownError} `bad_input` for a signing key that cannot be read
 */
export function sealAccounts(
  configs: readonly Config[],
  streams: readonly Stream[],
  { db, signal }: { readonly db: Database; readonly signal: AbortSignal },
  log: Log,
): () => Promise<void> {
  const sealings = configs.flatMap((config) => {
    const copies = listCopies(config, signal);
    const classification = fingerprintRules(config.accessRules);
    return describeSealing(config, streams, log).map((sealing) => ({
      ...sealing,
      copies,
      classification,
    }));
  });
  const anchored = configs.map((config) => ({
    account: config.zendesk.account,
    anchors: listAnchors(config, log),
  }));
  const endSealing = startSealing(db, sealings, log, signal);
  const endAnchoring = startAnchoring(db, anchored, log, signal);
  return async () => {
    await endSealing();
    await endAnchoring();
  };
}

/** If no key can be stored, nothing is sealed, and pulling continues. */
function describeSealing(
  { zendesk: { account }, evidence }: Config,
  streams: readonly Stream[],
  log: Log,
): readonly Sealing[] {
  const origin = evidence.origin ?? `${account}/zendesk-log-sync`;
  const source = { origin, text: evidence.signingKey, dataDirectory: evidence.dataDirectory };
  try {
    const key = loadSigningKey(source, (path) =>
      log.info({ account, path }, 'made a signing key for the sealed log: keep a copy of it'),
    );
    return [{ account, origin, key, logs: listLogs(streams) }];
  } catch (error) {
    if (!hasCode(error, 'signing_key_not_kept')) throw error;
    log.error({ account, err: error }, explainError(error));
    return [];
  }
}
