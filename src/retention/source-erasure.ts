/**
 * Follows what Zendesk erased on its side: a later reading brought the record without its personal parts, and the previous version
 * with them is a revision. With ON_SOURCE_ERASURE=follow it is removed from there too.
 */
import { longLimitMs, type Database, type Queryable } from '../database/client.ts';
import { loadPersonKeys } from '../evidence/verification/person-keys.ts';
import type { LogStream } from '../streams/stream.ts';
import { recordRemoval } from './deed.ts';
import { loadHolds } from './holds.ts';
import { spell } from './moments.ts';
import { holdPages, refuseUnsealed } from './settled.ts';
import { stripRevisions } from './strip-revisions.ts';

/** The condition on a revision `r` and the row `t` that it was; times of holds are parameters `from` and `until`. */
function isLeft({ table }: LogStream, from: string, until: string): string | undefined {
  const { name, time, id, erasedAtSource, personal } = table;
  if (erasedAtSource === undefined) return undefined;
  const some = personal.map((column) => `t.${column} is not null`).join(' or ');
  return `(${some})
    and exists (
      select from ${name} now where now.account = r.account and now.${time} = r.occurred_at and now.${id.name} = t.${id.name} and ${erasedAtSource}
    )
    and not exists (
      select from unnest(${from}::timestamptz[], ${until}::timestamptz[]) as h (began, ended)
      where r.occurred_at >= h.began and r.occurred_at < h.ended
    )`;
}

/** The times of a log that holds may concern: everything in them stays. */
async function loadHeldTimes(
  db: Queryable,
  account: string,
  { name }: LogStream,
): Promise<readonly (readonly string[])[]> {
  const holds = (await loadHolds(db, account)).filter(
    ({ stream }) => stream === undefined || stream === name,
  );
  return [holds.map(({ span }) => spell(span.from)), holds.map(({ span }) => spell(span.to))];
}

/** How many previous versions still have what Zendesk erased. */
export async function countSourceErasures(
  db: Queryable,
  account: string,
  log: LogStream,
): Promise<number> {
  const condition = isLeft(log, '$3', '$4');
  if (condition === undefined) return 0;
  const [row] = await db.query<{ rows: number }>(
    `select count(*)::float8 as rows from zendesk.revisions r
     cross join lateral jsonb_populate_record(null::${log.table.name}, r.content) as t
     where r.account = $1 and r.stream = $2 and (${condition})`,
    [account, log.name, ...(await loadHeldTimes(db, account, log))],
  );
  return row?.rows ?? 0;
}

/** Removes it from them. @returns from how many */
export async function followSourceErasures(
  db: Database,
  account: string,
  log: LogStream,
  by: string,
): Promise<number> {
  const condition = isLeft(log, '$3', '$4');
  if (condition === undefined || (await countSourceErasures(db, account, log)) === 0) return 0;
  return db.transaction(async (tx) => {
    await holdPages(tx, account);
    await refuseUnsealed(tx, account);
    const keys = await loadPersonKeys(tx, account);
    const [bounds] = await tx.query<{ from: number; to: number }>(
      `select floor(extract(epoch from min(occurred_at)))::float8 as from, floor(extract(epoch from max(occurred_at)) + 1)::float8 as to
       from zendesk.revisions where account = $1 and stream = $2`,
      [account, log.name],
    );
    const rows = await stripRevisions(tx, {
      account,
      log,
      condition,
      values: await loadHeldTimes(tx, account, log),
      columns: log.table.personal,
      keys,
      newKeys: keys,
    });
    if (rows > 0 && bounds !== undefined)
      await recordRemoval(
        tx,
        { account, what: 'source_erasure', stream: log.name, span: bounds, rows },
        { by, reason: 'ON_SOURCE_ERASURE=follow' },
      );
    return rows;
  }, longLimitMs);
}
