/** Of several processes one archives at a time: `zendesk_sync.archive_runs`. */
import type { Database } from '../database/client.ts';
import { explainError } from '../errors.ts';
import { archiveFailure } from './failure.ts';

/** A run of the archive. */
type ArchiveTurn = {
  /** The process. */
  readonly holder: string;
  /** The time of the schedule that it is made for; undefined: somebody asked for it. */
  readonly due?: Date | undefined;
};

const leaseSeconds = 120;
const renewalMs = 30_000;

/**
 * Works in a turn of its own, and records the result.
 *
 * @param work returns how many rows it has archived
 * @returns `busy` while another process archives, `done` when it was done for this time or a later one
 * @throws {KnownError} `archive_failed` for a turn that somebody asks for while another process archives
 */
export async function takeArchiveTurn(
  db: Database,
  { holder, due }: ArchiveTurn,
  work: () => Promise<number>,
): Promise<'worked' | 'busy' | 'done'> {
  const taken = await take(db, holder, due);
  if (taken === 'busy' && due === undefined)
    throw archiveFailure('Another process is archiving at this moment', 'Run the command again');
  if (typeof taken === 'string') return taken;
  const { id } = taken;
  const renewal = setInterval(() => {
    // A renewal that fails is made up for by the next.
    db.query(
      `update zendesk_sync.archive_runs set expires_at = now() + interval '${leaseSeconds} seconds' where id = $1::bigint`,
      [id],
    ).catch(() => {});
  }, renewalMs);
  try {
    const rows = await work();
    await end(db, id, rows, null);
    return 'worked';
  } catch (error) {
    await end(db, id, 0, explainError(error)).catch(() => {});
    throw error;
  } finally {
    clearInterval(renewal);
  }
}

async function take(
  db: Database,
  holder: string,
  due: Date | undefined,
): Promise<{ readonly id: string } | 'busy' | 'done'> {
  // What a transaction has taken that is repeated, because the answer to its COMMIT was lost.
  let taken: { readonly id: string } | undefined;
  return db.transaction(async (tx) => {
    await tx.query('lock table zendesk_sync.archive_runs in share row exclusive mode');
    if (taken !== undefined) {
      const own = await tx.query(
        'select from zendesk_sync.archive_runs where id = $1::bigint and holder = $2 and ended_at is null',
        [taken.id, holder],
      );
      if (own.length > 0) return taken;
    }
    const [other] = await tx.query<{ isRunning: boolean }>(
      `select ended_at is null as "isRunning" from zendesk_sync.archive_runs
       where (ended_at is null and expires_at > now()) or due_at >= $1::timestamptz
       order by ended_at is null desc limit 1`,
      [due ?? null],
    );
    if (other !== undefined) return other.isRunning ? 'busy' : 'done';
    const [run] = await tx.query<{ id: string }>(
      `insert into zendesk_sync.archive_runs (holder, due_at, expires_at)
       values ($1, $2, now() + interval '${leaseSeconds} seconds') returning id::text as id`,
      [holder, due ?? null],
    );
    if (run === undefined) throw new Error('A run that was noted has no number.');
    taken = run;
    return run;
  });
}

async function end(db: Database, id: string, rows: number, error: string | null): Promise<void> {
  await db.query(
    `update zendesk_sync.archive_runs set ended_at = now(), rows = $2, error = $3 where id = $1::bigint`,
    [id, rows, error],
  );
}

/** The last time that the schedule has to be made up for; undefined for none. */
export async function findMissedArchive(
  db: Database,
  last: Date | undefined,
): Promise<Date | undefined> {
  if (last === undefined) return undefined;
  const [row] = await db.query<{ isDone: boolean }>(
    `select exists (select from zendesk_sync.archive_runs where due_at >= $1 and (ended_at is not null or expires_at > now()))
       or not exists (select from zendesk_sync.archive_runs where due_at is not null) as "isDone"`,
    [last],
  );
  return row?.isDone === true ? undefined : last;
}
