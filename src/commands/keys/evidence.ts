/** The key of the settings for each log. */
import type { EvidenceConfig } from '../../config/evidence.ts';
import { findSigningKey } from '../../evidence/signing-key.ts';
import type { SigningKey } from '../../evidence/forms/keys.ts';
import type { CommandContext } from '../context.ts';
import { isConfigured } from '../environment.ts';

/** The settings of an account's log; those of the process for an account that the settings do not have. */
type EvidenceOf = (account: string) => EvidenceConfig;

/** Reads them for all accounts. */
export function readEvidenceSettings(context: CommandContext): {
  readonly evidenceOf: EvidenceOf;
  /** The accounts of the settings; none where no account is set up. */
  readonly accounts: readonly string[];
} {
  const { evidence } = context.readLocalConfig();
  const configs = isConfigured(context.env) ? context.readConfigs() : [];
  const own = new Map(configs.map((config) => [config.zendesk.account, config.evidence]));
  return { evidenceOf: (account) => own.get(account) ?? evidence, accounts: [...own.keys()] };
}

/** The key of the settings under the name of a log; undefined where there is none yet. */
export function findKeyOf(evidence: EvidenceConfig, origin: string): SigningKey | undefined {
  const { signingKey: text, dataDirectory } = evidence;
  return findSigningKey({ origin, text, dataDirectory });
}
