/** The settings of the sealed log. */

/** How the sealed log of an account is named, signed and published. */
export type EvidenceConfig = {
  /** The name of the log; undefined: that of the account and this program. */
  readonly origin: string | undefined;
  /** Secret. Undefined: a key is made in the data directory. */
  readonly signingKey: string | undefined;
  readonly dataDirectory: string;
  /** Where the log is written to as files; undefined for nowhere. */
  readonly directory: string | undefined;
};

/** The texts of the settings. */
type EvidenceTexts = {
  readonly LOG_ORIGIN?: string | undefined;
  readonly SIGNING_KEY?: string | undefined;
  readonly DATA_DIR: string;
  readonly EVIDENCE_DIR?: string | undefined;
};

/** The settings from their texts. */
export function readEvidenceConfig(texts: EvidenceTexts): EvidenceConfig {
  return {
    origin: texts.LOG_ORIGIN,
    signingKey: texts.SIGNING_KEY,
    dataDirectory: texts.DATA_DIR,
    directory: texts.EVIDENCE_DIR,
  };
}
