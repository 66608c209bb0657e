/** Salts of rows, derived from one key for each person and month: destroying the key makes the commitments worthless (docs/evidence.md). */
import { hash } from 'node:crypto';
import type { Queryable } from '../database/client.ts';

/** The keys by their names: the person whose rows they hide, and the first day of the month of their times, such as `7 2026-11-01`. */
export type PersonKeys = ReadonlyMap<string, Buffer>;

/** The name of the key that hides what is personal in a row: that of who acted; nobody's is 0. */
export function keyNameOf(actor: unknown, micros: string): string {
  const person = typeof actor === 'string' || typeof actor === 'number' ? String(actor) : '0';
  return nameKey(person, monthOf(Number(micros) / 1000));
}

let [lastMonthMs, lastMonth] = [NaN, ''];

/** Rows come month after month: nearly every question is the same as the one before. */
function monthOf(timeMs: number): string {
  const dayMs = Math.floor(timeMs / 86_400_000) * 86_400_000;
  if (dayMs !== lastMonthMs) {
    lastMonthMs = dayMs;
    lastMonth = `${new Date(dayMs).toISOString().slice(0, 7)}-01`;
  }
  return lastMonth;
}

/** The name of the key of a person and a month. */
export function nameKey(person: string, month: string): string {
  return `${person} ${month}`;
}

let message = Buffer.alloc(1024);

/**
 * The salt of a row, 32 bytes as Latin-1 text: SHA-512/256 of the key of its person and month, the account, the stream and
 * the id. That hash cannot be extended, so it needs no HMAC, which would cost three times as much.
 */
export function saltOf(key: Buffer, account: string, stream: string, id: string): string {
  const name = `${account}\0${stream}\0${id}`;
  const mostBytes = key.length + 3 * name.length;
  if (message.length < mostBytes) message = Buffer.alloc(2 * mostBytes);
  key.copy(message);
  const length = key.length + message.write(name, key.length, 'utf8');
  return hash('sha512-256', message.subarray(0, length), 'binary');
}

/**
 * The keys of some persons and months, within the transaction that stores their rows: a key that is made here is never
 * there without them, nor they without it.
 */
export async function ensurePersonKeys(
  tx: Queryable,
  account: string,
  names: readonly string[],
): Promise<PersonKeys> {
  const keys = new Map<string, Buffer>();
  let wanted = names;
  // Another page that makes the same keys is waited for, and its keys are seen by the next look.
  while (wanted.length > 0) {
    for (const { person, month, key } of await askForKeys(tx, account, wanted))
      keys.set(nameKey(person, month), key);
    wanted = names.filter((name) => !keys.has(name));
  }
  return keys;
}

/** A key as it is stored. */
type StoredKey = { readonly person: string; readonly month: string; readonly key: Buffer };

async function askForKeys(
  tx: Queryable,
  account: string,
  names: readonly string[],
): Promise<StoredKey[]> {
  const parts = names.map((name) => name.split(' '));
  return tx.query(
    `with wanted as (select distinct * from unnest($2::bigint[], $3::date[]) as w (person, month)),
     known as (
       select k.person, k.month, k.key
       from wanted join zendesk_evidence.person_keys k on k.account = $1 and k.person = wanted.person and k.month = wanted.month
     ),
     made as (
       insert into zendesk_evidence.person_keys (account, person, month, key)
       select $1, person, month, uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())
       from wanted where (person, month) not in (select person, month from known)
       order by person, month
       on conflict do nothing
       returning person, month, key
     )
     select person::text as person, month::text as month, key from (table known union all table made) as k`,
    [account, parts.map(([person]) => person), parts.map(([, month]) => month)],
  );
}
