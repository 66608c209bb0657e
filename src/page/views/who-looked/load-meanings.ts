/** Finds what a text of the search field may mean. */
import type { Queryable } from '../../../database/client.ts';
import { refuseInput } from '../../../errors.ts';
import { readNetwork } from '../../../reports/address/network.ts';
import {
  findActors,
  findFormerHolders,
  findPeople,
  findSimilarPeople,
} from '../../../reports/shared/person-sql.ts';
import { meaningKinds, type Meaning, type MeaningKind } from './meaning.ts';

/** What a text may mean: exactly, or nearly if nothing is meant exactly. */
type Meanings = {
  readonly text: string;
  readonly exact: readonly Meaning[];
  readonly similar: readonly Meaning[];
};

const longestText = 300;
/** Of more people with one name, nobody chooses from a list. */
const mostPeople = 20;

/**
 * The tickets, people, agents and addresses that a text may mean. `#937`, `ticket 937`, `person: Joe Agent` mean one kind
 * only.
 *
 * @throws {KnownError} `bad_input` for an empty text
 */
export async function loadMeanings(
  db: Queryable,
  account: string,
  asked: string,
): Promise<Meanings> {
  const { kinds, text } = readText(asked);
  const network = readNetwork(text);
  if (network !== undefined)
    return { text, exact: [{ ...nobody, kind: 'address', id: network }], similar: [] };
  const people = await loadPeople(db, account, text);
  const isTicket = isId(text) && kinds.includes('ticket');
  const named = isId(text) ? await findNamed(db, account, text) : new Set<string>();
  const exact = [
    ...(isTicket && (named.has('ticket') || kinds.length === 1)
      ? [{ ...nobody, kind: 'ticket' as const, id: text }]
      : []),
    ...people,
    // Somebody whom only requests name, such as a customer.
    ...(named.has('user') && !people.some(({ kind }) => kind === 'person')
      ? [{ ...nobody, kind: 'person' as const, id: text }]
      : []),
  ].filter(({ kind }) => kinds.includes(kind));
  if (exact.length > 0) return { text, exact, similar: [] };
  const possible = isId(text)
    ? (['ticket', ...((await hasArchived(db, account)) ? (['person'] as const) : [])] as const)
    : [];
  const untold = possible.filter((kind) => kinds.includes(kind));
  if (untold.length > 0)
    return { text, exact: untold.map((kind) => ({ ...nobody, kind, id: text })), similar: [] };
  const similar = await findSimilarPeople(db, account, text);
  const actors = await findActing(db, account, similar);
  return {
    text,
    exact: [],
    similar: similar
      .flatMap((found) => meaningsOf(found, actors))
      .filter(({ kind }) => kinds.includes(kind)),
  };
}

const nobody = { name: null, email: null } as const;

function readText(asked: string): {
  readonly kinds: readonly MeaningKind[];
  readonly text: string;
} {
  const text = asked.trim();
  if (text === '' || text.length > longestText)
    throw refuseInput([
      'Search for the number of a ticket, for a person by id, name or e-mail address, or for an address.',
    ]);
  if (/^#\d+$/.test(text)) return { kinds: ['ticket'], text: text.slice(1) };
  const [, word = '', rest = ''] =
    /^(ticket|person|user|agent|address)(?:\s*:\s*#?(?=\S)|\s+#?(?=\d+$))(.+)$/i.exec(text) ?? [];
  const kind = word.toLowerCase() === 'user' ? 'person' : word.toLowerCase();
  const kinds = meaningKinds.filter((each) => each === kind);
  return kinds.length === 0 ? { kinds: meaningKinds, text } : { kinds, text: rest };
}

function isId(text: string): boolean {
  return /^[1-9]\d{0,17}$/.test(text);
}

/** Whether rows of the account are in the archive: they may name somebody whom nothing else does. */
async function hasArchived(db: Queryable, account: string): Promise<boolean> {
  const found = await db.query(
    'select from zendesk_sync.archived_objects where account = $1 and left_at is not null limit 1',
    [account],
  );
  return found.length > 0;
}

type Found = { readonly id: string; readonly name: string | null; readonly email?: string | null };

async function loadPeople(db: Queryable, account: string, text: string): Promise<Meaning[]> {
  const people: readonly Found[] = await findPeople(db, account, text);
  const [only] = people;
  const former =
    people.length === 1 && only !== undefined
      ? await findFormerHolders(db, account, text, only.id)
      : [];
  const found = people.length === 0 ? await findActors(db, account, text) : [...people, ...former];
  const all = found.slice(0, mostPeople);
  const acting = await findActing(db, account, all);
  return all.flatMap((person) => meaningsOf(person, acting));
}

/** Everybody may have been looked at; who acts in the access log has looked, too. */
function meaningsOf({ id, name, email = null }: Found, acting: ReadonlySet<string>): Meaning[] {
  const who = { id, name, email };
  // Zendesk itself has no record.
  const person: Meaning[] = isId(id) ? [{ ...who, kind: 'person' }] : [];
  return acting.has(id) ? [...person, { ...who, kind: 'agent' }] : person;
}

/** Those of the people who are or were team members, or have made requests. */
async function findActing(
  db: Queryable,
  account: string,
  people: readonly Found[],
): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ id: string }>(
    `select t.id::text as id from unnest($2::bigint[]) as t (id)
     where exists (select from zendesk.users u where u.account = $1 and u.id = t.id and (u.team_member or u.departed_at is not null))
       or exists (select from zendesk.access_logs l where l.account = $1 and l.user_id = t.id)`,
    [account, people.map(({ id }) => id)],
  );
  return new Set(rows.map(({ id }) => id));
}

/** Whether the logs name a ticket or a person with the id: the types. */
async function findNamed(db: Queryable, account: string, id: string): Promise<ReadonlySet<string>> {
  const rows = await db.query<{ type: string }>(
    `select t.type from unnest(array['ticket', 'user']) as t (type)
     where exists (
       select from zendesk.access_log_resources r
       where r.account = $1 and r.resource_id = $2 and r.resource_type = t.type
     ) or exists (
       select from zendesk.audit_logs a
       where a.account = $1 and a.source_type = t.type and a.source_id = $2::bigint
     )`,
    [account, id],
  );
  return new Set(rows.map(({ type }) => type));
}
