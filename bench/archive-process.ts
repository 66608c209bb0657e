/** Archives everything of a database into a directory, in a process of its own: `url folder`. Prints what it took as JSON. */
import { runArchive } from '../src/archive/run.ts';
import { openArchive } from '../src/archive/store.ts';
import { openDatabase } from '../src/database/client.ts';
import { keepHeapSmall } from '../src/memory.ts';
import { accessLogs } from '../src/streams/access-logs.ts';

// As the program does when it starts.
keepHeapSmall();
const [url = '', path = ''] = process.argv.slice(2);
const { signal } = new AbortController();
const proxies = { https: undefined, http: undefined, exceptions: '' };
const db = openDatabase({ url });
const startedMs = performance.now();
// What the program takes to start is not counted.
const before = process.cpuUsage();
const rows = await runArchive(db, {
  store: openArchive({ kind: 'directory', path }, proxies, signal),
  streams: [accessLogs],
  before: new Date('2200-01-01T00:00:00Z'),
  keysOf: () => [],
  heldBy: async () => [],
  tell: () => {},
  report: () => {},
  signal,
});
const seconds = (performance.now() - startedMs) / 1000;
await db.close();
const { user, system } = process.cpuUsage(before);
const spent = (user + system) / 1e6;
const { maxRSS } = process.resourceUsage();
console.log(JSON.stringify({ rows, seconds, spent, megabytes: maxRSS / 1000 }));
