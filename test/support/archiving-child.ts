/**
 * A process that archives everything of a database into a directory, or erases a person there, and kills itself at a step:
 * `url folder step [account person]`. A step is the moment before or behind each statement, and before or behind each thing
 * that is read or written in the archive. With step 0 it lives. One that lives prints how many steps there were.
 *
 * It imports little, because tests start it again and again.
 */
import { runArchive } from '../../src/archive/run.ts';
import { openArchive, type ArchiveStore } from '../../src/archive/store.ts';
import { openDatabase, type Database, type Transaction } from '../../src/database/client.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';

const [url = '', folder = '', last = '', account, person] = process.argv.slice(2);
const streams = [auditLogs, accessLogs];
const { signal } = new AbortController();
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
const proxies = { https: undefined, http: undefined, exceptions: '' };
const store = watchStore(openArchive({ kind: 'directory', path: folder }, proxies, signal));
if (account === undefined || person === undefined)
  await runArchive(watchDatabase(db), {
    store,
    streams,
    before: new Date('2200-01-01T00:00:00Z'),
    keysOf: () => [],
    heldBy: async () => [],
    objectRows: 500,
    tell: () => {},
    report: () => {},
    signal,
  });
else {
  const { erasePerson } = await import('../../src/retention/erase.ts');
  const deed = { by: 'ann', reason: 'request 17' };
  await erasePerson(watchDatabase(db), account, streams, person, deed, store);
}
await db.close();
process.stdout.write(`${steps}\n`);
