/** The holds that keep rows, in the table or in the archive. */
import type { ArchiveStore } from '../archive/store.ts';
import type { Queryable } from '../database/client.ts';
import type { Span } from '../span.ts';
import type { LogStream } from '../streams/stream.ts';
import { hasArchivedNaming } from './archived-names.ts';
import { findHolding, loadHolds, type Hold } from './holds.ts';
import { spell } from './moments.ts';
import type { PlannedRemoval } from './planned-removal.ts';

/** Whether a hold by person or ticket is about any row of a span. */
export async function concernsRows(
  db: Queryable,
  account: string,
  log: LogStream,
  { person, ticket }: Hold,
  { from, to }: Span,
  store: ArchiveStore | undefined,
): Promise<boolean> {
  const { name, time, concerns } = log.table;
  // A log that says nothing of whom it concerns may concern anybody.
  if (concerns === undefined) return true;
  const conditions = [
    ...(person === undefined ? [] : [concerns.person.replaceAll('$id', '$4::text')]),
    ...(ticket === undefined ? [] : [concerns.ticket.replaceAll('$id', '$5::text')]),
  ];
  const [found] = await db.query(
    `select from ${name} t where t.account = $1 and t.${time} >= $2::timestamptz and t.${time} < $3::timestamptz
       and coalesce($4::text, $5::text, '') is not null and ${conditions.map((each) => `(${each})`).join(' and ')} limit 1`,
    [account, spell(from), spell(to), person ?? null, ticket ?? null],
  );
  if (found !== undefined) return true;
  const ids = [person, ticket].filter((id) => id !== undefined);
  return hasArchivedNaming(db, store, { account, log, span: { from, to } }, ids);
}

/** The names of the holds that keep something of a span at this moment. */
export async function findHolders(
  db: Queryable,
  { account, log, span, archive }: Pick<PlannedRemoval, 'account' | 'log' | 'span' | 'archive'>,
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const hold of findHolding(await loadHolds(db, account), { stream: log.name, span })) {
    const isByTime = hold.person === undefined && hold.ticket === undefined;
    if (isByTime || (await concernsRows(db, account, log, hold, span, archive.store)))
      names.push(hold.name);
  }
  return names;
}
