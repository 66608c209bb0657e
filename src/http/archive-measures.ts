/** The archive as numbers. */
import type { Queryable } from '../database/client.ts';

/** What the archive has of a log. */
type ArchivedLog = {
  readonly account: string;
  readonly stream: string;
  readonly rows: number;
  readonly bytes: number;
  readonly objects: number;
};

/** All of it; the runs are those of all accounts. */
export type ArchiveMeasures = {
  readonly logs: readonly ArchivedLog[];
  /** End of the last run that ended well, in seconds since 1970; 0 before the first. */
  readonly lastRun: number;
  /** Runs that have failed, or whose process died, since then. */
  readonly failures: number;
};

/** Measures the archive: looks at the ledger alone. */
export async function loadArchiveMeasures(db: Queryable): Promise<ArchiveMeasures> {
  const logs = await db.query<ArchivedLog>(
    `select s.account, s.stream, coalesce(sum(o.rows), 0)::float8 as rows, coalesce(sum(o.bytes), 0)::float8 as bytes,
       count(o.object)::float8 as objects
     from zendesk_sync.streams s
     left join zendesk_sync.archived_objects o on o.account = s.account and o.stream = s.stream and o.left_at is not null
     where s.kind = 'log'
     group by s.account, s.stream order by s.account, s.stream`,
  );
  const [runs] = await db.query<Pick<ArchiveMeasures, 'lastRun' | 'failures'>>(
    `with well as (
       select coalesce(max(id), 0) as id, coalesce(extract(epoch from max(ended_at)), 0)::float8 as at
       from zendesk_sync.archive_runs where ended_at is not null and error is null
     )
     select at as "lastRun", (
       select count(*) from zendesk_sync.archive_runs r
       where r.id > well.id and (r.error is not null or (r.ended_at is null and r.expires_at < now()))
     )::float8 as failures
     from well`,
  );
  return { logs, lastRun: runs?.lastRun ?? 0, failures: runs?.failures ?? 0 };
}
