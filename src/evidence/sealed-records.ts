/**
 * Records that nobody may rewrite: holds, and what was done to the history on purpose. Each is a row of a table, and
 * a commitment to it in the sealed log, behind the salt of the row: who reads the log learns that something was decided, not
 * what about whom. The archive's drops may use the same form.
 */
import { randomBytes } from 'node:crypto';
import type { Queryable } from '../database/client.ts';
import { canonicalJson } from './canonical-json.ts';
import { hashLeaf } from './forms/merkle.ts';
import { noteManifest } from './pending.ts';
import type { RecordKind, RecordManifest } from './manifest.ts';
import { inUtc } from './stored-rows.ts';

/** A table of such records: its columns without the salt. */
export type RecordTable = {
  readonly kind: RecordKind;
  readonly name: string;
  readonly columns: readonly string[];
  /** Its columns with a moment. */
  readonly moments: readonly string[];
};

/** The holds: `src/retention/holds.ts`. */
export const holdRecords: RecordTable = {
  kind: 'hold',
  name: 'zendesk_sync.holds',
  columns: ['account', 'name', 'act', 'stream', 'person', 'ticket', 'reason', 'done_by'],
  moments: ['held_from', 'held_until', 'noted_at'],
};

/** What was taken away on purpose: `src/retention/`. */
export const removalRecords: RecordTable = {
  kind: 'removed',
  name: 'zendesk_sync.removals',
  columns: ['account', 'removal', 'what', 'stream', 'person', 'rows', 'reason', 'done_by'],
  moments: ['removed_from', 'removed_until', 'noted_at'],
};

/** All tables of records. */
export const recordTables: readonly RecordTable[] = [holdRecords, removalRecords];

/** The committed content of a record `r`, as JSON text: the same for any settings of the session. */
export function describeRecord({ columns, moments }: RecordTable): string {
  const members = [
    ...columns.map((column) => `'${column}', r.${column}::text`),
    ...moments.map((moment) => `'${moment}', ${inUtc(`r.${moment}`)}`),
    `'salt', encode(r.salt, 'hex')`,
  ];
  return `jsonb_build_object(${members.join(', ')})::text`;
}

/** The commitment to a described record, in base64. */
export function commitToRecord(described: string): string {
  return hashLeaf(Buffer.from(canonicalJson(described))).toString('base64');
}

/**
 * Stores a record and notes it for the sealed log, within one transaction.
 *
 * @param open what the log says about it openly
 * @returns false when there is one with the same key
 */
export async function storeRecord(
  tx: Queryable,
  table: RecordTable,
  values: Readonly<Record<string, unknown>> & { readonly account: string },
  open: Omit<RecordManifest, 'kind' | 'record'> & { readonly stream?: string },
): Promise<boolean> {
  const names = Object.keys(values);
  const places = names.map((_, place) => `$${place + 1}`);
  const [stored] = await tx.query<{ described: string }>(
    `with r as (insert into ${table.name} (${[...names, 'salt'].join(', ')})
     values (${[...places, `$${names.length + 1}`].join(', ')})
     on conflict do nothing returning *)
     select ${describeRecord(table)} as described from r`,
    [...Object.values(values), randomBytes(32)],
  );
  if (stored === undefined) return false;
  const { stream = '', ...told } = open;
  const record = commitToRecord(stored.described);
  await noteManifest(
    tx,
    { account: values.account, stream },
    { ...told, kind: table.kind, record },
  );
  return true;
}

/** Prevents new records until the end of the transaction: those that it reads are all there are. */
export async function lockRecords(tx: Queryable, { name }: RecordTable): Promise<void> {
  await tx.query(`lock table ${name} in share mode`);
}
