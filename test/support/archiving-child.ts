/**
 * A process that archives everything of a database into a directory, or erases a person there, and kills itself at a step:
 * `url folder step [person]`. A step is
 * the moment before or behind each statement, and before or behind each thing that is read or written in the archive. With
 * step 0 it lives, and prints how many there were.
 */
import { runArchive } from '../../src/archive/run.ts';
import type { ArchiveStore } from '../../src/archive/store.ts';
import { openDatabase, type Database, type Transaction } from '../../src/database/client.ts';
import { erasePerson } from '../../src/retention/erase.ts';
import { archivedLogs, openFolder } from './archive.ts';
import { account } from './installation.ts';

const [url = '', folder = '', last = '', person] = process.argv.slice(2);
let steps = 0;

function step(): void {
  steps += 1;
  if (steps === Number(last)) process.kill(process.pid, 'SIGKILL');
}

async function between<T>(work: () => Promise<T>): Promise<T> {
  step();
  const result = await work();
  step();
  return result;
}

function watchStore(store: ArchiveStore): ArchiveStore {
  return {
    name: store.name,
    locks: store.locks,
    read: (path) => between(() => store.read(path)),
    readPart: (path, from, until) => between(() => store.readPart(path, from, until)),
    create: (path, bytes) => between(() => store.create(path, bytes)),
    remove: (path, version) => between(() => store.remove(path, version)),
  };
}

function watchTransaction(tx: Transaction): Transaction {
  return {
    query: (text, values) => between(() => tx.query(text, values)),
    queryAll: (statements) => between(() => tx.queryAll(statements)),
    end: (copies, finish) => between(() => tx.end(copies, finish)),
    copy: (statement, lines) => between(() => tx.copy(statement, lines)),
    copyIn: (statement, chunks) => between(() => tx.copyIn(statement, chunks)),
  };
}

function watchDatabase(db: Database): Database {
  return {
    ...db,
    query: (text, values) => between(() => db.query(text, values)),
    transaction: (work, limitMs) =>
      between(() => db.transaction((tx) => work(watchTransaction(tx)), limitMs)),
  };
}

const db = openDatabase({ url });
const store = watchStore(openFolder(folder));
if (person === undefined)
  await runArchive(watchDatabase(db), {
    store,
    streams: archivedLogs,
    before: new Date('2200-01-01T00:00:00Z'),
    keysOf: () => [],
    heldBy: async () => [],
    objectRows: 500,
    tell: () => {},
    report: () => {},
    signal: new AbortController().signal,
  });
else {
  const deed = { by: 'ann', reason: 'request 17' };
  await erasePerson(watchDatabase(db), account, archivedLogs, person, deed, store);
}
await db.close();
process.stdout.write(`${steps}\n`);
