/** Checks that the archive still has what was written to it: each object alone, and compared with the sealed log. */
import type { Database, Queryable } from '../database/client.ts';
import type { PersonKeys } from '../evidence/salts.ts';
import { loadPersonKeys } from '../evidence/verification/person-keys.ts';
import type { LogStream } from '../streams/stream.ts';
import { checkObject } from './check.ts';
import { loadObjects, type ArchivedObject } from './ledger.ts';
import type { ArchiveStore } from './store.ts';

/** What is verified. */
type ArchiveVerification = {
  readonly store: ArchiveStore;
  readonly streams: readonly LogStream[];
  /** Receives how many objects were read, and how many there are. */
  readonly report: (objects: number, of: number) => void;
  readonly signal: AbortSignal;
};

/** What it came to. */
type VerifiedArchive = {
  readonly objects: number;
  readonly rows: number;
  readonly findings: readonly {
    readonly object: string;
    /** Missing, changed, or with keys that were changed since; or not what the sealed log says, or not in it. */
    readonly kind: 'missing' | 'changed' | 'rekeyed' | 'unsealed';
    /** Without a full stop. */
    readonly sentence: string;
  }[];
};

/** Reads every object, and makes its root again. */
export async function verifyArchive(
  db: Database,
  { store, streams, report, signal }: ArchiveVerification,
): Promise<VerifiedArchive> {
  const findings: VerifiedArchive['findings'][number][] = [];
  const keys = new Map<string, PersonKeys>();
  const sealed = new Map<string, ReadonlyMap<string, string>>();
  const tables = new Map(streams.map(({ name, table }) => [name, table]));
  const all = (await loadObjects(db)).filter(
    ({ stream, isChecked }) => isChecked && tables.has(stream),
  );
  let rows = 0;
  for (const [place, each] of all.entries()) {
    signal.throwIfAborted();
    const { account, object, stream } = each;
    const table = tables.get(stream);
    if (table === undefined) continue;
    const own = keys.get(account) ?? (await loadPersonKeys(db, account));
    keys.set(account, own);
    const entries = sealed.get(account) ?? (await loadSealed(db, account));
    sealed.set(account, entries);
    const problem = await checkObject(store, table, own, each);
    if (problem !== undefined) findings.push({ object, ...problem });
    const unsealed = compareSealed(each, entries.get(object));
    if (unsealed !== undefined) findings.push({ object, kind: 'unsealed', sentence: unsealed });
    rows += each.rows;
    report(place + 1, all.length);
  }
  return { objects: all.length, rows, findings };
}

/** What the sealed log says of the objects whose rows were dropped: SHA-256 and root of each, those that wait among them. */
async function loadSealed(db: Queryable, account: string): Promise<ReadonlyMap<string, string>> {
  const rows = await db.query<{ object: string; told: string }>(
    `select m.body ->> 'object' as object, concat_ws(' ', m.body ->> 'sha256', m.body #>> '{archive,root}') as told
     from (
       select zendesk_sync.manifest_of(manifest) as body, index as place from zendesk_evidence.entries
       where account = $1 and position('"kind":"archived"'::bytea in manifest) > 0
       union all
       select zendesk_sync.manifest_of(convert_to(manifest, 'UTF8')), 9223372036854775807 from zendesk_evidence.pending
       where account = $1 and manifest like '%"kind":"archived"%'
     ) as m
     where m.body ->> 'kind' = 'archived'
     order by m.place`,
    [account],
  );
  return new Map(rows.map(({ object, told }) => [object, told]));
}

function compareSealed(
  { object, sha256, root, leftAt }: ArchivedObject,
  told: string | undefined,
): string | undefined {
  if (leftAt === null) return undefined;
  if (told === undefined) return `The sealed log does not say that ${object} was archived`;
  if (told === `${sha256} ${root}`) return undefined;
  return `The sealed log says another content of ${object} than the database does`;
}
