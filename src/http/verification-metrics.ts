/** The verifications of the accounts as gauges. */
import { Gauge, type Registry } from 'prom-client';
import { prefix } from './process-metrics.ts';
import type { VerificationMeasures } from './verification-measures.ts';

/** Adds the gauges to a registry. The returned function sets them to the measured values. */
export function createVerificationGauges(
  registry: Registry,
): (measures: VerificationMeasures) => void {
  const registers = [registry];
  const verifiedAt = new Gauge({
    name: `${prefix}last_verification_timestamp_seconds`,
    help: 'When the history was last verified against its sealed log, by depth: quick or deep.',
    labelNames: ['account', 'depth'],
    registers,
  });
  const age = new Gauge({
    name: `${prefix}verification_age_seconds`,
    help: 'How long ago that was.',
    labelNames: ['account', 'depth'],
    registers,
  });
  const standing = new Gauge({
    name: `${prefix}verification_findings`,
    help: 'What verifications found and no later one has cleared; without stream for the sealed log itself.',
    labelNames: ['account', 'stream', 'kind'],
    registers,
  });
  return ({ last, findings }) => {
    for (const { account, depth, endedAt, ageSeconds } of last) {
      verifiedAt.set({ account, depth }, endedAt);
      age.set({ account, depth }, ageSeconds);
    }
    for (const { account, stream, kind, findings: count } of findings)
      standing.set({ account, stream, kind }, count);
  };
}
