/**
 * The keys that the salts of rows are derived from, one for each person and month: destroying a key makes the commitments
 * to what is personal worthless (docs/evidence.md).
 */
import type { Statement } from '../database/batch.ts';
import type { Queryable } from '../database/client.ts';
import type { LogTable, Row } from '../streams/stream.ts';

/** The keys by their names: the person whose rows they hide, and the first day of the month of their times, such as `7 2026-11-01`. */
export type PersonKeys = ReadonlyMap<string, Buffer>;

/** The name of the key of a person and a month. */
export function nameKey(person: string, month: string): string {
  return `${person} ${month}`;
}

/** Finds the key that hides what is personal in a row: the actor's; 0 if there is none. */
type FindKey = (actor: unknown, timeMs: number) => Buffer | undefined;

/** Finds keys by actor and time. */
export function createKeyFinder(keys: PersonKeys): FindKey {
  // By actor, as in the rows: a name for each row would cost as much as a hash.
  const ofMonth = forEachMonth(() => new Map<unknown, Buffer>());
  return (actor, timeMs) => {
    const { month, value: known } = ofMonth(timeMs);
    const found = known.get(actor) ?? keys.get(nameKey(personOf(actor), month));
    if (found !== undefined) known.set(actor, found);
    return found;
  };
}

/** The names of the keys of some rows, each once. */
export function nameKeys(
  { actor }: Pick<LogTable, 'actor'>,
  rows: readonly { readonly timeMs: number; readonly row: Row }[],
): readonly string[] {
  const names = new Set<string>();
  const ofMonth = forEachMonth(() => new Set<unknown>());
  for (const { timeMs, row } of rows) {
    const { month, value: seen } = ofMonth(timeMs);
    const person = row[actor];
    if (seen.has(person)) continue;
    seen.add(person);
    names.add(nameKey(personOf(person), month));
  }
  return [...names];
}

function personOf(actor: unknown): string {
  return typeof actor === 'string' || typeof actor === 'number' ? String(actor) : '0';
}

/** A value for each month, UTC, computed again when the month changes: rows arrive month after month. */
function forEachMonth<Value>(
  make: () => Value,
): (timeMs: number) => { readonly month: string; readonly value: Value } {
  let [fromMs, untilMs] = [NaN, NaN];
  let current = { month: '', value: make() };
  return (timeMs) => {
    if (fromMs <= timeMs && timeMs < untilMs) return current;
    const month = `${new Date(timeMs).toISOString().slice(0, 7)}-01`;
    const first = new Date(month);
    fromMs = first.getTime();
    untilMs = new Date(first).setUTCMonth(first.getUTCMonth() + 1);
    current = { month, value: make() };
    return current;
  };
}

/**
 * The keys of some persons and months, in the transaction that stores their rows: a new key never exists
 * without the rows, nor the rows without it.
 */
export async function ensurePersonKeys(
  tx: Queryable,
  account: string,
  names: readonly string[],
  known: PersonKeys = new Map(),
): Promise<PersonKeys> {
  const keys = new Map(known);
  let wanted = names.filter((name) => !keys.has(name));
  // Waits for another page that makes the same keys; the next query sees them.
  while (wanted.length > 0) {
    for (const { person, month, key } of await askForKeys(tx, account, wanted))
      keys.set(nameKey(person, month), key);
    wanted = names.filter((name) => !keys.has(name));
  }
  return keys;
}

/** Asks for those of some keys that are stored. */
export function findPersonKeys(account: string, names: readonly string[]): Statement {
  const parts = names.map((name) => name.split(' '));
  return {
    text: `select k.person::text as person, k.month::text as month, k.key
      from unnest($2::bigint[], $3::date[]) as w (person, month)
      join zendesk_evidence.person_keys k on k.account = $1 and k.person = w.person and k.month = w.month`,
    values: [account, parts.map(([person]) => person), parts.map(([, month]) => month)],
  };
}

/** The keys that `findPersonKeys` has found. */
export function readPersonKeys(answer: readonly unknown[] = []): PersonKeys {
  const found = answer as readonly StoredKey[];
  return new Map(found.map(({ person, month, key }) => [nameKey(person, month), key]));
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
