/**
 * Erases what is personal of one person in the archive, month by month: the key of a month hides what all logs have of the
 * person in it, so that its objects, its rows in the tables and their previous versions change in one transaction.
 */
import { listArchivedMonthsOf, type ArchivedObject } from '../archive/ledger.ts';
import { takeInstead, writeBeside } from '../archive/rewrite.ts';
import { mayName, searchArchive } from '../archive/search.ts';
import type { ArchiveStore } from '../archive/store.ts';
import {
  longLimitMs,
  type Database,
  type Queryable,
  type Transaction,
} from '../database/client.ts';
import { nameKey, type PersonKeys } from '../evidence/salts.ts';
import { loadPersonKeys } from '../evidence/verification/person-keys.ts';
import { countsItself } from '../ingest/own-counts.ts';
import type { LogStream } from '../streams/stream.ts';
import { isAlreadyErased } from './already-erased.ts';
import { loadLeft, unknownPlace } from './archived-names.ts';
import { bringObject, onObject, readBrought } from './archived-rows.ts';
import { recordRemoval, type Deed } from './deed.ts';
import { eraseNamed, eraseOwn, eraseRevisions, type Erasure } from './erase-rows.ts';
import { holdPages, refuseUnsealed } from './settled.ts';

/** Who is erased, and where. */
export type ArchivedErasure = {
  readonly account: string;
  readonly logs: readonly LogStream[];
  readonly person: string;
  readonly texts: readonly string[];
  readonly store: ArchiveStore | undefined;
  /** @throws {KnownError} `held` while a hold keeps anything of the person */
  readonly refuseHeld: (tx: Queryable) => Promise<void>;
  readonly deed: Deed;
};

/** What was erased in the archive, and of its months elsewhere. */
export type ErasedArchive = {
  readonly rows: number;
  readonly revisions: number;
  /** Objects that were written again. */
  readonly objects: number;
  /** The months that were gone through, as their first days. */
  readonly months: readonly string[];
  /** All that is known to name the person. */
  readonly texts: readonly string[];
};

/** Erases the person in the months that are in the archive. */
export async function eraseArchived(
  db: Database,
  erasing: ArchivedErasure,
): Promise<ErasedArchive> {
  const { account, logs, person, store } = erasing;
  const concerned = (await findConcerned(db, erasing)).map(({ month }) => month);
  const hidden = (await listArchivedMonthsOf(db, account, person)).map(
    ({ month }) => `${month}-01`,
  );
  const months = [...new Set([...concerned, ...hidden])].toSorted();
  const nothing = { rows: 0, revisions: 0, objects: 0 };
  const sum = { ...nothing };
  if (months.length === 0) return { ...sum, months, texts: erasing.texts };
  if (store === undefined) throw unknownPlace(account);
  const texts = [...new Set([...erasing.texts, ...(await findNames(db, store, erasing))])];
  for (const month of months) {
    const done = await db.transaction(async (tx) => {
      // Between two statements an object is read, written and read back.
      await tx.query(`set local idle_in_transaction_session_timeout = '5min'`);
      await tx.query(`select ${countsItself}`);
      await holdPages(tx, account);
      await refuseUnsealed(tx, account);
      await erasing.refuseHeld(tx);
      const objects = await findConcerned(tx, erasing, month);
      const keys = await loadPersonKeys(tx, account);
      const search = { tx, store, logs, objects };
      if (await isAlreadyErased(search, { account, person, texts, keys, month })) return nothing;
      const newKeys = await replaceKey(tx, { account, person, month }, keys);
      const erasure = { account, person, texts, keys, newKeys, month };
      return eraseMonth({ db, tx, store, logs }, objects, erasure, erasing.deed);
    }, longLimitMs);
    sum.rows += done.rows;
    sum.revisions += done.revisions;
    sum.objects += done.objects;
  }
  return { ...sum, months, texts };
}

type Place = {
  readonly db: Database;
  readonly tx: Transaction;
  readonly store: ArchiveStore;
  readonly logs: readonly LogStream[];
};

async function eraseMonth(
  { db, tx, store, logs }: Place,
  objects: readonly ArchivedObject[],
  erasure: Erasure,
  deed: Deed,
): Promise<{ readonly rows: number; readonly revisions: number; readonly objects: number }> {
  const { account, person, keys, newKeys } = erasure;
  let [rows, revisions, rewritten] = [0, 0, 0];
  for (const log of logs) {
    rows += await eraseOwn(tx, log, erasure);
    revisions += await eraseRevisions(tx, log, erasure);
    for (const object of objects.filter(({ stream }) => stream === log.name)) {
      await bringObject(tx, store, log.table, keys, object);
      const { month: _, ...everywhere } = erasure;
      const brought = onObject(log);
      const erased =
        (await eraseOwn(tx, brought, everywhere)) + (await eraseNamed(tx, brought, everywhere));
      if (erased === 0) continue;
      const rewriting = { db, store, table: log.table };
      const made = await writeBeside(rewriting, object, readBrought(tx, log.table), newKeys);
      await takeInstead(tx, object, made);
      rows += erased;
      rewritten += 1;
    }
  }
  if (rows + revisions > 0)
    await recordRemoval(tx, { account, what: 'person', person, rows: rows + revisions }, deed);
  return { rows, revisions, objects: rewritten };
}

/**
 * The objects that may have rows by the person or about the person, of one month or of all: where records of a log name
 * others, a name may be in any of them.
 */
async function findConcerned(
  db: Queryable,
  { account, logs, person, store }: ArchivedErasure,
  month?: string,
): Promise<readonly ArchivedObject[]> {
  const concerned: ArchivedObject[] = [];
  for (const log of logs)
    for (const object of await loadLeft(db, account, log.name)) {
      if (month !== undefined && object.month !== month) continue;
      if (store === undefined) throw unknownPlace(account);
      if (log.table.subject !== undefined || (await mayName(store, object, person)))
        concerned.push(object);
    }
  return concerned;
}

/** The names that archived records have of the person. */
async function findNames(
  db: Database,
  store: ArchiveStore,
  { account, logs, person }: ArchivedErasure,
): Promise<readonly string[]> {
  const names: string[] = [];
  for (const { name, table } of logs) {
    const place = table.columns.indexOf('actor_name');
    if (place < 0) continue;
    const found = await searchArchive(store, table, await loadLeft(db, account, name), {
      from: -Infinity,
      until: Infinity,
      words: [person],
      mostRows: Infinity,
      fits: ({ actor }) => actor === person,
    });
    names.push(...found.flatMap(({ values }) => values[place] ?? []));
  }
  return [...new Set(names)].filter((text) => text.length >= 3 && text !== person);
}

async function replaceKey(
  tx: Queryable,
  { account, person, month }: Pick<Erasure, 'account' | 'person'> & { readonly month: string },
  keys: PersonKeys,
): Promise<PersonKeys> {
  const [row] = await tx.query<{ key: Buffer }>(
    `update zendesk_evidence.person_keys k
     set key = made.key, replaced_at = made.moment
     from (
       select uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) as key, now() as moment
       from zendesk_evidence.person_keys where account = $1 and person = $2 and month = $3::date
     ) as made
     where k.account = $1 and k.person = $2 and k.month = $3::date returning k.key`,
    [account, person, month],
  );
  return row === undefined ? keys : new Map([...keys, [nameKey(person, month), row.key] as const]);
}
