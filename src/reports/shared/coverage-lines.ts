/** How complete all stored data is, for answers that may use any of it. */
import type { Queryable } from '../../database/client.ts';
import { describeFound, describeVerified, type Verified } from '../../ingest/verification-words.ts';

/** The stored accounts, and a sentence for each of their streams; empty if nothing was pulled yet. */
export async function listCoverage(
  db: Queryable,
): Promise<{ readonly accounts: readonly string[]; readonly lines: readonly string[] }> {
  const [view] = await db.query<{ present: boolean }>(
    `select to_regclass('zendesk_sync.status') is not null as present`,
  );
  if (view?.present !== true) return { accounts: [], lines: [] };
  const rows = await db.query<
    Verified & {
      account: string;
      stream: string;
      covered_from: Date | null;
      covered_until: Date | null;
      gaps: number;
    }
  >(
    `select account, stream, covered_from, covered_until, gaps, verified_at, deeply_verified_at, found
     from zendesk_sync.status`,
  );
  return {
    accounts: [...new Set(rows.map(({ account }) => account))],
    lines: rows.map((row) => {
      const { account, stream, covered_from: from, covered_until: until, gaps } = row;
      const found = describeFound(row.found);
      const known = found === undefined ? describeVerified(row) : `but ${found}`;
      const span =
        until === null
          ? 'nothing is stored yet'
          : from === null
            ? `as of ${show(until)}`
            : `${found === undefined && row.verified_at !== null ? 'stored' : 'read'} from ${show(from)} until ${show(until)}, ${gaps === 0 ? 'without gaps' : `with ${gaps} gaps`}, ${known}`;
      return `${account} ${stream}: ${span}.`;
    }),
  };
}

function show(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
