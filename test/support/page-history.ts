/** Histories of accounts for tests of the page: what the ledger says of three years. */
import type { Database } from '../../src/database/client.ts';

/** Registers accounts whose audit log has all kinds of days, and whose access log goes back 90 days. The last run ended now. */
export async function storeHistories(db: Database, accounts: readonly string[]): Promise<void> {
  await db.query(
    `insert into zendesk_sync.streams (account, stream, kind, retention_days, horizon, horizon_proved_at)
     select account, stream, kind, retention_days, horizon, proved from unnest($1::text[]) as account
     cross join (values
       ('audit_logs', 'log', null, timestamptz '2023-11-20T10:00:00Z', timestamptz '2026-11-01T00:00:00Z'),
       ('access_logs', 'log', 90, null, null), ('users', 'listing', null, null, null)
     ) as s (stream, kind, retention_days, horizon, proved)`,
    [accounts],
  );
  await db.query(
    `insert into zendesk_sync.coverage
     select account, stream, covered_from, covered_until from unnest($1::text[]) as account
     cross join (values
       ('audit_logs', timestamptz '2023-11-20T10:00:00Z', timestamptz '2024-05-01T00:00:07Z'),
       ('audit_logs', '2024-05-01T00:00:08Z', '2025-02-10T06:00:00Z'),
       ('audit_logs', '2025-02-12T18:00:00Z', '2026-11-03T10:00:05Z'),
       ('audit_logs', '2026-11-03T10:00:09Z', date_trunc('second', now() - interval '10 minutes')),
       ('access_logs', '2026-07-20T00:00:00Z', '2026-08-01T00:00:00Z'),
       ('access_logs', '2026-08-05T00:00:00Z', '2026-08-09T12:00:00Z'),
       ('access_logs', '2026-08-20T00:00:00Z', '2026-10-10T12:00:00Z'),
       ('access_logs', '2026-10-11T12:00:00Z', date_trunc('second', now() - interval '10 minutes'))
     ) as c (stream, covered_from, covered_until)`,
    [accounts],
  );
}
