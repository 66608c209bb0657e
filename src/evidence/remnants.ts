/**
 * What is left of rows that were dropped on purpose, or that lost personal columns (`src/retention/`): with
 * it the root of a page can be made as long as the rest of the page stands, and what is left of a row is still checked.
 */
import type { Queryable } from '../database/client.ts';
import { hashTree } from './forms/merkle.ts';
import { hashRow, hashStripped, type CanonicalRow } from './row-leaf.ts';
import { inMicros } from './stored-rows.ts';

/** A row that lost something personal; hashes as Latin-1 text. */
type StrippedRow = { readonly personal: string; readonly leaf: string };

/** A row that was dropped: its key, and the hash of its leaf as it was sealed. */
type DroppedLeaf = { readonly id: string; readonly micros: string; readonly leaf: string };

/** The remnants of some rows, or of some revisions. */
export type Remnants = {
  /** By `nameVersion`: of each the newest. */
  readonly stripped: ReadonlyMap<string, StrippedRow>;
  /** By the moment of their manifest, in microseconds since 1970. */
  readonly dropped: ReadonlyMap<string, readonly DroppedLeaf[]>;
};

/** There are none, as in nearly every account. */
export const noRemnants: Remnants = { stripped: new Map(), dropped: new Map() };

/** The name of a version of a row: when it was written, its time, its id. */
export function nameVersion(writtenAt: string, micros: string, id: string): string {
  return `${writtenAt} ${micros} ${id}`;
}

/**
 * The hash of a row's leaf as it was sealed, as Latin-1 text. If something was removed from it, it is made from the commitment that
 * was kept. A row that was changed since then has another hash.
 */
export function hashStanding(
  row: CanonicalRow,
  key: Buffer,
  { stripped }: Remnants,
  name: () => string,
): string {
  const now = hashRow(row, key);
  if (stripped.size === 0) return now;
  const known = stripped.get(name());
  return known === undefined || known.leaf !== now ? now : hashStripped(row, known.personal);
}

type RemnantRow = {
  readonly writtenAt: string;
  readonly micros: string;
  readonly id: string;
  readonly personal: Buffer | null;
  readonly leaf: Buffer;
};

/**
 * The remnants of rows of a stretch of time, as Postgres writes moments; or of those that one manifest has written.
 */
export async function loadRemnants(
  db: Queryable,
  { account, stream }: { readonly account: string; readonly stream: string },
  span: readonly [from: string, until: string],
): Promise<Remnants> {
  return readRemnants(
    db,
    `account = $1 and stream = $2 and occurred_at >= $3::timestamptz and occurred_at <= $4::timestamptz and revision = 0`,
    [account, stream, ...span],
  );
}

/** The remnants of all revisions of a log; their ids are the numbers of the revisions. */
export async function loadRevisionRemnants(
  db: Queryable,
  { account, stream }: { readonly account: string; readonly stream: string },
): Promise<Remnants> {
  return readRemnants(
    db,
    'account = $1 and stream = $2 and revision > 0',
    [account, stream],
    'revision::text',
  );
}

async function readRemnants(
  db: Queryable,
  condition: string,
  values: readonly unknown[],
  id = 'id',
): Promise<Remnants> {
  const rows = await db.query<RemnantRow>(
    `select ${inMicros('written_at')} as "writtenAt", ${inMicros('occurred_at')} as micros, ${id} as id, personal, leaf
     from zendesk_evidence.remnants where ${condition} order by removed_at`,
    values,
  );
  if (rows.length === 0) return noRemnants;
  const stripped = new Map<string, StrippedRow>();
  const dropped = new Map<string, DroppedLeaf[]>();
  for (const { writtenAt, micros, id: own, personal, leaf } of rows) {
    const hash = leaf.toString('latin1');
    if (personal === null)
      dropped.set(writtenAt, [...(dropped.get(writtenAt) ?? []), { id: own, micros, leaf: hash }]);
    else
      stripped.set(nameVersion(writtenAt, micros, own), {
        personal: personal.toString('latin1'),
        leaf: hash,
      });
  }
  return { stripped, dropped };
}

/** A remnant to be kept. */
export type NewRemnant = {
  readonly writtenAt: string;
  readonly micros: string;
  readonly id: string;
  /** Number of the revision; 0 for a row. */
  readonly revision: string;
  readonly personal: string | undefined;
  readonly leaf: string;
};

/** Keeps remnants, within the transaction that takes away what they are of. Moments are in microseconds since 1970. */
export async function storeRemnants(
  tx: Queryable,
  { account, stream }: { readonly account: string; readonly stream: string },
  remnants: readonly NewRemnant[],
): Promise<void> {
  if (remnants.length === 0) return;
  await tx.query(
    `insert into zendesk_evidence.remnants (account, stream, written_at, occurred_at, id, revision, personal, leaf)
     select $1, $2, ${moment('written')}, ${moment('occurred')}, id, revision, decode(personal, 'hex'), decode(leaf, 'hex')
     from unnest($3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::text[], $8::text[])
       as r (written, occurred, id, revision, personal, leaf)
     on conflict do nothing`,
    [
      account,
      stream,
      remnants.map(({ writtenAt }) => writtenAt),
      remnants.map(({ micros }) => micros),
      remnants.map(({ id }) => id),
      remnants.map(({ revision }) => revision),
      remnants.map(({ personal }) => personal && Buffer.from(personal, 'latin1').toString('hex')),
      remnants.map(({ leaf }) => Buffer.from(leaf, 'latin1').toString('hex')),
    ],
  );
}

function moment(micros: string): string {
  return `'epoch'::timestamptz + ${micros} * interval '1 microsecond'`;
}

/** The root over the remnants of one transaction, given when it was as Postgres writes moments: what its manifest seals. */
export async function sealRemnants(
  db: Queryable,
  account: string,
  removedAt: string,
): Promise<{ readonly count: number; readonly root: string }> {
  const rows = await db.query<{ leaf: Buffer }>(
    `select leaf from zendesk_evidence.remnants where account = $1 and removed_at = $2::timestamptz order by leaf`,
    [account, removedAt],
  );
  return { count: rows.length, root: hashTree(rows.map(({ leaf }) => leaf)).toString('base64') };
}

/** The condition that something was taken away from a row, given its alias, its log's columns and a parameter with the stream; `$1` is the account. */
export function isStripped(
  alias: string,
  { time, id }: { readonly time: string; readonly id: { readonly name: string } },
  stream: string,
): string {
  return `exists (
    select from zendesk_evidence.remnants m
    where m.account = $1 and m.stream = ${stream} and m.written_at = ${alias}.synced_at and m.occurred_at = ${alias}.${time}
      and m.id = ${alias}.${id.name}::text and m.revision = 0
  )`;
}
