/** The verifications of the accounts as numbers. */
import type { Queryable } from '../database/client.ts';

/** When an account was last verified against its sealed log, by depth. */
type LastVerification = {
  readonly account: string;
  readonly depth: 'quick' | 'deep';
  /** Seconds since 1970. */
  readonly endedAt: number;
  readonly ageSeconds: number;
};

/** What verifications found and no later one has cleared. */
type StandingFindings = {
  readonly account: string;
  /** Empty for the sealed log itself. */
  readonly stream: string;
  readonly kind: string;
  readonly findings: number;
};

/** All of it. */
export type VerificationMeasures = {
  readonly last: readonly LastVerification[];
  readonly findings: readonly StandingFindings[];
};

/** Measures the verifications: looks at the ledger alone. */
export async function loadVerificationMeasures(db: Queryable): Promise<VerificationMeasures> {
  const last = await db.query<LastVerification>(
    `select account, depth, extract(epoch from max(ended_at))::float8 as "endedAt",
       extract(epoch from now() - max(ended_at))::float8 as "ageSeconds"
     from zendesk_sync.verifications
     where outcome in ('clean', 'findings') and stream is null and verified_from is null and verified_until is null
     group by account, depth
     order by account, depth`,
  );
  const findings = await db.query<StandingFindings>(
    `select distinct on (account, stream, kind) account, coalesce(stream, '') as stream, kind, findings::float8 as findings
     from zendesk_sync.standing_findings
     order by account, stream, kind, found_at desc`,
  );
  return { last, findings };
}
