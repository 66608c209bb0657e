/** The holds that protect something of a person: by name, by time, or by what the person did. */
import type { ArchiveStore } from '../archive/store.ts';
import type { Queryable } from '../database/client.ts';
import type { LogStream } from '../streams/stream.ts';
import { hasArchivedNaming } from './archived-names.ts';
import { loadHolds, type Hold } from './holds.ts';
import { spell } from './moments.ts';

/** Their names. */
export async function findHeldOf(
  tx: Queryable,
  account: string,
  logs: readonly LogStream[],
  person: string,
  store: ArchiveStore | undefined,
): Promise<readonly string[]> {
  const held: string[] = [];
  for (const hold of await loadHolds(tx, account))
    if (hold.person === person || (await concernsPerson(tx, account, logs, hold, person, store)))
      held.push(hold.name);
  return held;
}

async function concernsPerson(
  tx: Queryable,
  account: string,
  logs: readonly LogStream[],
  hold: Hold,
  person: string,
  store: ArchiveStore | undefined,
): Promise<boolean> {
  const { stream, span, person: other, ticket } = hold;
  for (const log of logs) {
    const { name, table } = log;
    if (stream !== undefined && stream !== name) continue;
    const { concerns } = table;
    if (concerns === undefined) return true;
    const conditions = [
      concerns.person.replaceAll('$id', '$4::text'),
      ...(other === undefined ? [] : [concerns.person.replaceAll('$id', '$5::text')]),
      ...(ticket === undefined ? [] : [concerns.ticket.replaceAll('$id', '$6::text')]),
    ];
    const found = await tx.query(
      `select from ${table.name} t
       where t.account = $1 and t.${table.time} >= $2::timestamptz and t.${table.time} < $3::timestamptz
         and coalesce($5::text, $6::text, '') is not null and ${conditions.map((each) => `(${each})`).join(' and ')} limit 1`,
      [account, spell(span.from), spell(span.to), person, other ?? null, ticket ?? null],
    );
    if (found.length > 0) return true;
    const ids = [person, other, ticket].filter((id) => id !== undefined);
    if (await hasArchivedNaming(tx, store, { account, log, span }, ids)) return true;
  }
  return false;
}
