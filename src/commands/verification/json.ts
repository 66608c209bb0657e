/** What a verification came to, for programs: each member is always there (docs/evidence.md). */
import type { Verification } from '../../evidence/verification/verification.ts';

/** The result with null for what is not known. */
export function describeVerification({ findings, unchecked, ...rest }: Verification): object {
  return {
    ...rest,
    findings: findings.map((finding) => ({
      kind: finding.kind,
      stream: finding.stream ?? null,
      time: finding.time ?? null,
      until: finding.until ?? null,
      id: finding.id ?? null,
      rows: finding.rows ?? null,
      fetch: finding.fetch ?? null,
      entry: finding.entry ?? null,
      anchor: finding.anchor ?? null,
      sentence: finding.sentence,
    })),
    unchecked: unchecked.map(({ reason, stream, from, until, sentence }) => ({
      reason,
      stream: stream ?? null,
      from: from ?? null,
      until: until ?? null,
      sentence,
    })),
  };
}
