/** Makes the archive whole again, as far as that is possible without writing over anything. */
import { hash } from 'node:crypto';
import type { Database } from '../database/client.ts';
import { loadPersonKeys } from '../evidence/verification/person-keys.ts';
import type { LogStream } from '../streams/stream.ts';
import { checkObject, type ObjectProblem } from './check.ts';
import { nameManifest } from './layout.ts';
import { loadObjects, noteSpoiled, type ArchivedObject } from './ledger.ts';
import { renderObjectManifest } from './manifest.ts';
import type { ArchiveStore } from './store.ts';

/** What is repaired, and from what. */
type RepairTask = {
  readonly store: ArchiveStore;
  /** A copy of the archive; undefined where there is none. */
  readonly copy: ArchiveStore | undefined;
  readonly streams: readonly LogStream[];
  readonly report: (objects: number, of: number) => void;
  readonly signal: AbortSignal;
};

/** What was done, and what is still wrong: sentences without a full stop. */
type Repair = { readonly done: readonly string[]; readonly left: readonly string[] };

/** Looks at every object, and repairs what is damaged. */
export async function repairArchive(db: Database, task: RepairTask): Promise<Repair> {
  const { store, streams, report, signal } = task;
  const [done, left]: [string[], string[]] = [[], []];
  const objects = await loadObjects(db);
  for (const [place, object] of objects.entries()) {
    signal.throwIfAborted();
    const table = streams.find(({ name }) => name === object.stream)?.table;
    if (table === undefined) continue;
    const keys = await loadPersonKeys(db, object.account);
    const problem = await checkObject(store, table, keys, object);
    if (problem !== undefined) {
      const deed = await repairObject(db, task, object, problem.kind);
      if (deed === undefined) left.push(`${problem.sentence}. ${adviseOn(problem.kind, task)}`);
      else if (deed !== notNeeded) done.push(deed);
    }
    if (object.isChecked) {
      const manifest = Buffer.from(renderObjectManifest(object));
      const name = nameManifest(object.object);
      if (await store.create(name, manifest)) done.push(`${name} was written again`);
    }
    report(place + 1, objects.length);
  }
  return { done, left };
}

const notNeeded = Symbol('not needed');

/** @returns what was done; undefined where nothing could be done */
async function repairObject(
  db: Database,
  task: RepairTask,
  object: ArchivedObject,
  kind: ObjectProblem['kind'],
): Promise<string | typeof notNeeded | undefined> {
  const { object: name, isChecked, leftAt } = object;
  // The next run ends what an earlier one began, unless something else has taken its name.
  if (!isChecked && kind !== 'changed') return notNeeded;
  if (leftAt !== null) return kind === 'missing' ? takeFromCopy(task, object) : undefined;
  await noteSpoiled(db, object);
  return isChecked
    ? `${name} no longer counts: its rows are in the database, and the next "archive run" writes them again`
    : `${name} no longer counts: something else has its name, and the next "archive run" writes its rows under another one`;
}

async function takeFromCopy(
  { store, copy }: RepairTask,
  object: ArchivedObject,
): Promise<string | undefined> {
  const bytes = await copy?.read(object.object);
  if (copy === undefined || bytes === undefined || !isWhole(bytes, object)) return undefined;
  await store.create(object.object, bytes);
  return `${object.object} was taken from ${copy.name}`;
}

function isWhole(bytes: Buffer, { sha256 }: ArchivedObject): boolean {
  return hash('sha256', bytes, 'hex') === sha256;
}

function adviseOn(kind: ObjectProblem['kind'], { copy }: RepairTask): string {
  if (kind === 'rekeyed')
    return 'Its bytes are as they were written; keys of its rows were changed since';
  if (kind === 'changed')
    return 'Nothing is written over: put its earlier version back, or move it away and run this again with --from a copy';
  return copy === undefined
    ? 'Name a copy of the archive with --from'
    : `${copy.name} does not have it as it was written`;
}
