/** What the database knows of the archive: `zendesk_sync.archived_objects`. */
import type { Queryable } from '../database/client.ts';
import { noteManifest } from '../evidence/pending.ts';
import {
  describeTree,
  readObjectManifest,
  renderObjectManifest,
  type DescribedObject,
} from './manifest.ts';

/** An object that was noted. */
export type ArchivedObject = DescribedObject & {
  /** Whether it was read back and is whole. */
  readonly isChecked: boolean;
  /** When its rows left the table, ISO 8601; null while they are there. */
  readonly leftAt: string | null;
  /** Whether it was damaged while its rows were in the table: it does not count. */
  readonly isSpoiled: boolean;
  /** Whether it was deleted after its rows had been written again or dropped on purpose. */
  readonly isGone: boolean;
  /** Columns that were taken away by policy: of rows before which second since 1970, by the name of their group. */
  readonly stripped: Readonly<Record<string, number>>;
  /** Whether this program put a legal hold on it. */
  readonly isHeld: boolean;
};

/** Of which objects; what is left out does not matter. */
type ObjectsOf = {
  readonly account?: string | undefined;
  readonly stream?: string | undefined;
  /** First day of the month. */
  readonly month?: string | undefined;
};

/** The objects of the archive that count, in the order of months, times and names. */
export async function loadObjects(
  db: Queryable,
  wanted: ObjectsOf = {},
): Promise<readonly ArchivedObject[]> {
  return (await loadEveryObject(db, wanted)).filter(({ isSpoiled }) => !isSpoiled);
}

/** The accounts that have something in the archive. */
export async function listArchivedAccounts(db: Queryable): Promise<readonly string[]> {
  const rows = await db.query<{ account: string }>(
    `select distinct account from zendesk_sync.archived_objects order by 1`,
  );
  return rows.map(({ account }) => account);
}

/** All objects that were ever noted: no name is given twice. */
export async function loadEveryObject(
  db: Queryable,
  { account, stream, month }: ObjectsOf,
): Promise<readonly ArchivedObject[]> {
  const rows = await db.query<Omit<ArchivedObject, keyof DescribedObject> & { manifest: string }>(
    `select manifest, checked_at is not null as "isChecked", zendesk_sync.write_moment(left_at) as "leftAt",
       spoiled_at is not null as "isSpoiled", gone_at is not null as "isGone", stripped,
         legal_hold_at is not null as "isHeld"
     from zendesk_sync.archived_objects
     where ($1::text is null or account = $1) and ($2::text is null or stream = $2) and ($3::date is null or month = $3)
     order by account, stream, month, first_at, object`,
    [account ?? null, stream ?? null, month ?? null],
  );
  return rows.map(({ manifest, ...rest }) => ({ ...readObjectManifest(manifest), ...rest }));
}

/**
 * Notes an object before it is written.
 *
 * @param replaces the object whose rows it has, where they are written again in the archive
 * @returns false when another one of its name is noted
 */
export async function noteObject(
  db: Queryable,
  described: DescribedObject,
  replaces?: string,
): Promise<boolean> {
  const { account, stream, month, object, rows, first, last, bytes } = described;
  const noted = await db.query(
    `insert into zendesk_sync.archived_objects
       (account, stream, month, object, rows, first_at, last_at, bytes, manifest, replaces)
     values ($1, $2, $3, $4, $5, ${moment(6)}, ${moment(7)}, $8, $9, $10)
     on conflict (account, object) do nothing
     returning 1`,
    [
      account,
      stream,
      month,
      object,
      rows,
      first[0],
      last[0],
      bytes,
      renderObjectManifest(described),
      replaces ?? null,
    ],
  );
  return noted.length > 0;
}

function moment(place: number): string {
  return `'epoch'::timestamptz + $${place}::bigint * interval '1 microsecond'`;
}

/** Notes that an object was read back and is whole. */
export async function noteChecked(
  db: Queryable,
  { account, object }: Pick<DescribedObject, 'account' | 'object'>,
): Promise<void> {
  await db.query(
    `update zendesk_sync.archived_objects set checked_at = clock.at from (select now() as at) as clock where account = $1 and object = $2`,
    [account, object],
  );
}

/** Forgets an object that was noted and never written. */
export async function forgetObject(
  db: Queryable,
  { account, object }: Pick<DescribedObject, 'account' | 'object'>,
): Promise<void> {
  await db.query(
    `delete from zendesk_sync.archived_objects
     where account = $1 and object = $2 and checked_at is null and left_at is null`,
    [account, object],
  );
}

/** Notes that an object is damaged whose rows are in the table: the next run writes them again, under another name. */
export async function noteSpoiled(
  db: Queryable,
  { account, object }: Pick<DescribedObject, 'account' | 'object'>,
): Promise<void> {
  await db.query(
    `update zendesk_sync.archived_objects set spoiled_at = clock.at from (select now() as at) as clock
     where account = $1 and object = $2 and left_at is null`,
    [account, object],
  );
}

/** Notes that this program put a legal hold on an object, or took it off. */
export async function noteLegalHold(
  db: Queryable,
  { account, object }: Pick<DescribedObject, 'account' | 'object'>,
  isOn: boolean,
): Promise<void> {
  await db.query(
    `update zendesk_sync.archived_objects set legal_hold_at = case when $3 then clock.at end from (select now() as at) as clock
     where account = $1 and object = $2`,
    [account, object, isOn],
  );
}

/** Notes that the rows of an object left the table, within the transaction that takes them away. */
export async function noteLeft(tx: Queryable, object: DescribedObject): Promise<void> {
  await noteMove(tx, object, 'archived');
}

/**
 * Notes that other objects have the rows of one, or that they are dropped, within the transaction that takes something away:
 * it no longer counts, and is to be deleted.
 */
export async function noteReplaced(tx: Queryable, object: DescribedObject): Promise<void> {
  await noteMove(tx, object, 'returned');
  await noteOutdated(tx, object);
}

/** Notes that an object no longer counts and is to be deleted: its rows changed after they had come back. */
export async function noteOutdated(
  db: Queryable,
  { account, object }: Pick<DescribedObject, 'account' | 'object'>,
): Promise<void> {
  await db.query(
    `update zendesk_sync.archived_objects set spoiled_at = clock.at, replaced_at = clock.at from (select now() as at) as clock
     where account = $1 and object = $2 and left_at is null`,
    [account, object],
  );
}

/** Notes of what its rows have nothing any more. */
export async function noteStripped(
  tx: Queryable,
  { account, object }: Pick<DescribedObject, 'account' | 'object'>,
  stripped: Readonly<Record<string, number>>,
): Promise<void> {
  await tx.query(
    `update zendesk_sync.archived_objects set stripped = stripped || $3::jsonb where account = $1 and object = $2`,
    [account, object, JSON.stringify(stripped)],
  );
}

/** Notes that they are in the table again, within the transaction that writes them; there they are counted again. */
export async function noteReturned(tx: Queryable, object: ArchivedObject): Promise<void> {
  const { account, stream, days } = object;
  await noteMove(tx, object, 'returned');
  await tx.query(
    `insert into zendesk_sync.stored_rows (account, stream, day, rows)
     select $1, $2, key::date, value::bigint from jsonb_each_text($3::jsonb)`,
    [account, stream, JSON.stringify(days)],
  );
}

async function noteMove(
  tx: Queryable,
  described: DescribedObject,
  kind: 'archived' | 'returned',
): Promise<void> {
  const { account, stream, month, object, bytes, sha256, days } = described;
  const sign = kind === 'archived' ? -1 : 1;
  await tx.query(
    `update zendesk_sync.archived_objects set left_at = case when $3 then clock.at end from (select now() as at) as clock
     where account = $1 and object = $2`,
    [account, object, kind === 'archived'],
  );
  await noteManifest(
    tx,
    { account, stream },
    {
      kind,
      month: month.slice(0, 7),
      object,
      bytes,
      sha256,
      archive: describeTree(described),
      days: Object.fromEntries(Object.entries(days).map(([day, rows]) => [day, sign * rows])),
    },
  );
}

/** The months in the archive in which somebody acted, and the logs. */
export async function listArchivedMonthsOf(
  db: Queryable,
  account: string,
  person: string,
): Promise<readonly { readonly stream: string; readonly month: string }[]> {
  return db.query(
    `select distinct o.stream, to_char(o.month, 'YYYY-MM') as month
     from zendesk_sync.archived_objects o
     join zendesk_evidence.person_keys k on k.account = o.account and k.month = o.month
     where o.account = $1 and k.person = $2::bigint and o.left_at is not null
     order by 2, 1`,
    [account, person],
  );
}
