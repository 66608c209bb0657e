/** How complete everything is that is stored, for answers that may rest on any of it. */
import type { Queryable } from '../../database/client.ts';

/** The accounts that are stored, and a sentence for each of their streams; nothing where nothing was pulled yet. */
export async function listCoverage(
  db: Queryable,
): Promise<{ readonly accounts: readonly string[]; readonly lines: readonly string[] }> {
  const [found] = await db.query<{ present: boolean }>(
    `select to_regclass('zendesk_sync.status') is not null as present`,
  );
  if (found?.present !== true) return { accounts: [], lines: [] };
  const rows = await db.query<{
    account: string;
    stream: string;
    covered_from: Date | null;
    covered_until: Date | null;
    gaps: number;
  }>('select account, stream, covered_from, covered_until, gaps from zendesk_sync.status');
  return {
    accounts: [...new Set(rows.map(({ account }) => account))],
    lines: rows.map(({ account, stream, covered_from: from, covered_until: until, gaps }) => {
      const span =
        until === null
          ? 'nothing is stored yet'
          : from === null
            ? `as of ${show(until)}`
            : `stored from ${show(from)} until ${show(until)}, ${gaps === 0 ? 'without gaps' : `with ${gaps} gaps`}`;
      return `${account} ${stream}: ${span}.`;
    }),
  };
}

function show(moment: Date): string {
  return `${moment.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}
