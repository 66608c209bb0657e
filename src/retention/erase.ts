/**
 * Erases what is personal of one person: from the rows of the logs and their previous versions, the quarantine, the people and
 * their history, and findings. The keys of the salts are replaced, so that nobody can confirm a guess; every proof that was
 * made before stays valid, because the commitments stay.
 */
import { listArchivedMonthsOf, loadEveryObject } from '../archive/ledger.ts';
import { deleteReplaced, giveUpUnfinished, type Deleted } from '../archive/rewrite.ts';
import type { ArchiveStore } from '../archive/store.ts';
import { takeArchiveTurn } from '../archive/turn.ts';
import { longLimitMs, type Database, type Queryable } from '../database/client.ts';
import { KnownError } from '../errors.ts';
import { noteManifest } from '../evidence/pending.ts';
import { holdRecords, lockRecords } from '../evidence/sealed-records.ts';
import { nameKey, type PersonKeys } from '../evidence/salts.ts';
import { loadPersonKeys } from '../evidence/verification/person-keys.ts';
import { countsItself } from '../ingest/own-counts.ts';
import type { LogStream } from '../streams/stream.ts';
import { describeHolder } from '../ingest/session.ts';
import { recordRemoval, type Deed } from './deed.ts';
import { eraseArchived, type ArchivedErasure, type ErasedArchive } from './erase-archived.ts';
import { eraseNamed, eraseOwn, eraseRevisions, type Erasure } from './erase-rows.ts';
import { findHeldOf } from './held-person.ts';
import { personTables } from './person-tables.ts';
import { releaseQuarantine } from './quarantine.ts';
import { holdPages, refuseUnsealed } from './settled.ts';

/** What was erased. */
export type Erased = {
  /** Rows of logs that lost something, or may have lost something. */
  readonly rows: number;
  readonly revisions: number;
  readonly quarantined: number;
  /** Rows about the person in the tables of people and findings. */
  readonly others: number;
  /** What was erased in the archive, with what changed beside it, and the objects that could not be deleted. */
  readonly archived: ErasedArchive & { readonly kept: Deleted['kept'] };
};

/**
 * Erases a person: what is in the archive month by month, all else in one transaction. After a stop each month is
 * either erased or unchanged, and the next command continues.
 *
 * @param store the archive; undefined where no setting names it
 * @throws {KnownError} `held` when a hold keeps something of the person
 * @throws {KnownError} `not_sealed_yet` while revisions wait to be sealed
 * @throws {KnownError} `archive_failed` when the archive may have something of the person and cannot be read or written
 */
export async function erasePerson(
  db: Database,
  account: string,
  logs: readonly LogStream[],
  person: string,
  deed: Deed,
  store?: ArchiveStore,
): Promise<Erased> {
  const refuseHeld = async (tx: Queryable): Promise<void> => {
    await lockRecords(tx, holdRecords);
    refuseHolds(account, person, await findHeldOf(tx, account, logs, person, store));
  };
  await db.transaction(refuseHeld, longLimitMs);
  const texts = await loadTexts(db, account, person);
  const erasing = { account, logs, person, texts, store, refuseHeld, deed };
  return withinTurn(db, erasing, async () => {
    const archived = await eraseArchived(db, erasing);
    const erased = await eraseStored(db, erasing, archived);
    const deleted = store && (await deleteReplaced(db, store));
    return { ...erased, archived: { ...archived, kept: deleted?.kept ?? [] } };
  });
}

/** What is in the archive nobody else changes meanwhile. */
async function withinTurn(
  db: Database,
  { account }: ArchivedErasure,
  work: () => Promise<Erased>,
): Promise<Erased> {
  if ((await loadEveryObject(db, { account })).length === 0) return work();
  let erased: Erased | undefined;
  await takeArchiveTurn(db, { holder: describeHolder() }, async () => {
    await giveUpUnfinished(db);
    erased = await work();
    return 0;
  });
  if (erased === undefined) throw new Error('A turn that was taken has no end.');
  return erased;
}

function refuseHolds(account: string, person: string, held: readonly string[]): void {
  if (held.length === 0) return;
  throw new KnownError('held', {
    found: `Nothing of ${person} was erased: ${held.length === 1 ? 'the hold' : 'the holds'} ${held.join(', ')} on ${account} ${held.length === 1 ? 'keeps' : 'keep'} it`,
    wayOut: 'Release the hold when what it is for is over, and erase the person then',
  });
}

/** Erases what is in the database, in one transaction. */
async function eraseStored(
  db: Database,
  { account, logs, person, refuseHeld, deed }: ArchivedErasure,
  archived: ErasedArchive,
): Promise<Omit<Erased, 'archived'>> {
  return db.transaction(async (tx) => {
    await tx.query(`select ${countsItself}`);
    await holdPages(tx, account);
    await refuseUnsealed(tx, account);
    await refuseOthers(tx, account, person, archived.months);
    await refuseHeld(tx);
    const keys = await loadPersonKeys(tx, account);
    const newKeys = await replaceKeys(tx, { account, person, besides: archived.months }, keys);
    const erasure = { account, person, texts: archived.texts, keys, newKeys };
    let [rows, revisions] = [0, 0];
    for (const log of logs) {
      rows += await eraseOwn(tx, log, erasure);
      rows += await eraseNamed(tx, log, erasure);
      revisions += await eraseRevisions(tx, log, erasure);
    }
    const quarantined = await eraseQuarantined(tx, logs, erasure);
    const others = await eraseElsewhere(tx, erasure);
    // A month that was archived before its rows were searched; later ones wait for this transaction.
    await refuseOthers(tx, account, person, archived.months);
    await recordRemoval(tx, { account, what: 'person', person, rows: rows + revisions }, deed);
    return { rows, revisions, quarantined, others };
  }, longLimitMs);
}

/** The key of a person and a month hides rows of the archive too: they would no longer be what the sealed log says. */
async function refuseOthers(
  tx: Queryable,
  account: string,
  person: string,
  done: readonly string[],
): Promise<void> {
  const months = await listArchivedMonthsOf(tx, account, person);
  const other = months.find(({ month }) => !done.includes(`${month}-01`));
  if (other === undefined) return;
  throw new KnownError('archive_failed', {
    found: `${other.stream} of ${other.month}, in which ${person} acted, went into the archive meanwhile`,
    wayOut: 'Run the command again: it continues with what is left',
  });
}

/** The names and addresses of a person. */
async function loadTexts(
  tx: Queryable,
  account: string,
  person: string,
): Promise<readonly string[]> {
  const rows = await tx.query<{ text: string }>(
    `select distinct text from (
       select unnest(array[name, email]) as text from zendesk.users where account = $1 and id = $2
       union all
       select unnest(array[name, email]) from zendesk.user_history where account = $1 and id = $2
       union all
       select actor_name from zendesk.audit_logs where account = $1 and actor_id = $2
     ) as known where length(text) >= 3 and text <> $2::text`,
    [account, person],
  );
  return rows.map(({ text }) => text);
}

/** Makes new keys for a person and destroys the old ones; those of archived months were replaced before. */
async function replaceKeys(
  tx: Queryable,
  {
    account,
    person,
    besides,
  }: Pick<Erasure, 'account' | 'person'> & { readonly besides: readonly string[] },
  keys: PersonKeys,
): Promise<PersonKeys> {
  const rows = await tx.query<{ month: string; key: Buffer }>(
    `with changed as (update zendesk_evidence.person_keys k
     set key = made.key, replaced_at = made.moment
     from (
       select month, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) as key, now() as moment
       from zendesk_evidence.person_keys where account = $1 and person = $2 and month <> all ($3::date[])
     ) as made
     where k.account = $1 and k.person = $2 and k.month = made.month returning k.month, k.key)
     select month::text as month, key from changed`,
    [account, person, besides],
  );
  return new Map([
    ...keys,
    ...rows.map(({ month, key }) => [nameKey(person, month), key] as const),
  ]);
}

/** Quarantined records by the person or that name the person. */
async function eraseQuarantined(
  tx: Queryable,
  logs: readonly LogStream[],
  { account, person, texts }: Erasure,
): Promise<number> {
  let records = 0;
  const actors = logs.map(({ name, table }) => [name, table.actor] as const);
  for (const [stream, actor] of [['users', 'id'], ...actors] as const) {
    // A record in quarantine has the bytes that Zendesk sent, which need not be JSON.
    const isBy = `"${actor}"\\s*:\\s*"?${person}"?\\s*[,}]`;
    const release = () =>
      releaseQuarantine(
        tx,
        account,
        `stream = $2 and (stream = 'users' and record_id = $3 or encode(content, 'escape') ~ $5
         or exists (select from unnest($4::text[]) as x where position(convert_to(x, 'UTF8') in content) > 0))`,
        [stream, person, texts, isBy],
      );
    for (let released = await release(); released.length > 0; released = await release()) {
      await noteManifest(tx, { account, stream }, { kind: 'retry', released });
      records += released.length;
    }
  }
  return records;
}

/** The people, their history, and findings, including names in the text of findings. */
async function eraseElsewhere(tx: Queryable, { account, person, texts }: Erasure): Promise<number> {
  let rows = 0;
  for (const { name, person: column, columns } of personTables) {
    const changed = await tx.query(
      `update ${name} set ${columns.map((each) => `${each} = null`).join(', ')}
       where account = $1 and ${column} = $2::bigint and (${columns.map((each) => `${each} is not null`).join(' or ')}) returning 1`,
      [account, person],
    );
    rows += changed.length;
  }
  for (const text of texts) {
    const changed = await tx.query(
      `update zendesk.findings set summary = replace(summary, $2, '(erased)')
       where account = $1 and position($2 in summary) > 0 returning 1`,
      [account, text],
    );
    rows += changed.length;
  }
  return rows;
}
