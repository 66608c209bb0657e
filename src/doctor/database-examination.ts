/** All checks of the database, and the facts that other checks need. Reads only. */
import type { LocalConfig } from '../config/config.ts';
import type { DatabaseConfig } from '../config/databases.ts';
import { hasCode, isFrom } from '../errors.ts';
import { examinePartitionsAhead } from '../database/partitions.ts';
import { loadCoverage } from '../ingest/coverage.ts';
import { loadLosses, withoutLosses } from '../ingest/losses.ts';
import {
  analystRoles,
  loadPrivileges,
  loadServerFacts,
  openReadOnly,
  type ReadOnlyDatabase,
} from './diagnosis.ts';
import { openEmbeddedPostgres } from '../database/embedded.ts';
import { findEmbedded, measureFreeBytes } from '../database/embedded/diagnosis.ts';
import { findPending } from '../database/migrate.ts';
import { findMissingObjects } from '../database/missing-objects.ts';
import type { Spans } from '../span.ts';
import { listLogs } from '../streams/registry.ts';
import { explainProblem, ok, problem, skipped, type Check } from './check.ts';
import {
  checkDisk,
  checkEncoding,
  checkServer,
  checkTimeZone,
  explainConnection,
} from './database.ts';
import { checkConnections, loadConnectionLimits } from './connection-limits.ts';
import { formatBytes } from './figures.ts';
import { checkReaders, loadReaders } from './readers.ts';
import { checkMigrations, checkPartitions, checkPrivileges, checkRoles } from './schema.ts';

/** The results of the database checks. */
export type DatabaseExamination = {
  readonly checks: readonly Check[];
  /** Undefined if the database cannot be read. */
  readonly db: ReadOnlyDatabase | undefined;
  /** Why it cannot be read, as a clause; empty if it can. */
  readonly absence: string;
  /** The difference to add to the local clock to get Postgres's. */
  readonly skewMs: number | undefined;
  /** Free space on the disk of the database, if visible. */
  readonly freeBytes: number | undefined;
};

/** A reachable database. */
type Place = {
  readonly url: string;
  /** For people, as the end of a sentence; may be empty. */
  readonly where: string;
  readonly freeBytes: number | undefined;
  readonly close: () => Promise<void>;
};

/** Examines the database, and then gives it to `work`. Does not create a database. */
export async function withExaminedDatabase<T>(
  local: LocalConfig | undefined,
  now: Date,
  work: (examination: DatabaseExamination) => Promise<T>,
): Promise<T> {
  if (local === undefined) return work(abstain(skipped('database', 'the settings are wrong')));
  const place = await findPlace(local.database);
  if ('checks' in place) return work(place);
  const db = openReadOnly(place.url);
  try {
    const examination = await examinePlace(db, place, local, now).catch((error: unknown) =>
      abstain(explainConnection(error)),
    );
    return await work(examination);
  } finally {
    await db.close();
    await place.close();
  }
}

/** Where the database is, or everything there is to say if there is none. */
async function findPlace(config: DatabaseConfig): Promise<Place | DatabaseExamination> {
  if (config.kind === 'server')
    return { url: config.url, where: '', freeBytes: undefined, close: async () => {} };
  const { dataDirectory: dataDir, port } = config;
  try {
    const freeBytes = await measureFreeBytes(dataDir);
    const state = await findEmbedded(dataDir);
    if (state.kind === 'absent')
      return { ...abstain(announce(dataDir, state.canBeMade, freeBytes)), freeBytes };
    const { url, stop } = await openEmbeddedPostgres({ dataDir, port });
    return { url, where: `, embedded in ${dataDir}`, freeBytes, close: stop };
  } catch (error) {
    if (!isFrom(error, 'database')) throw error;
    const usualWayOut = 'Set DATABASE_URL to a Postgres server.';
    return abstain(explainProblem('database', error, usualWayOut));
  }
}

async function examinePlace(
  db: ReadOnlyDatabase,
  { url, where, freeBytes: embeddedFreeBytes }: Place,
  local: LocalConfig,
  now: Date,
): Promise<DatabaseExamination> {
  const before = Date.now();
  const facts = await loadServerFacts(db, url);
  const skewMs = facts.now_ms - (before + Date.now()) / 2;
  const { data_directory: directory } = facts;
  const freeBytes =
    embeddedFreeBytes ?? (directory === null ? undefined : await measureFreeBytes(directory));
  const privileges = await loadPrivileges(db);
  const tables = listLogs(local.streams).map(({ table }) => table);
  const { wanted, missing } = await examinePartitionsAhead(db, tables, now.getTime());
  const isNew = privileges.schemas.length === 0;
  const pending = await loadPending(db);
  const missingObjects = isNew ? [] : await findMissingObjects(db);
  return {
    checks: [
      checkServer(facts, where),
      checkEncoding(facts),
      checkTimeZone(facts),
      ...checkConnections(await loadConnectionLimits(db), facts),
      'check' in pending && pending.isTaken === true
        ? skipped('privileges', 'the schema belongs to another program')
        : checkPrivileges(privileges, facts),
      checkRoles(privileges, 'check' in pending ? [] : pending.names, facts),
      ...checkReaders(await loadReaders(db, analystRoles)),
      'check' in pending ? pending.check : checkMigrations(pending.names, isNew, missingObjects),
      checkPartitions(wanted, missing),
      checkDisk(facts, freeBytes),
    ],
    db,
    absence: '',
    skewMs,
    freeBytes,
  };
}

/** The migrations to apply, or why they cannot be determined. */
async function loadPending(
  db: ReadOnlyDatabase,
): Promise<{ names: readonly string[] } | { check: Check; isTaken?: boolean }> {
  const name = 'migrations';
  try {
    return { names: await findPending(db) };
  } catch (error) {
    // Migrated by another version of the program, or not ours.
    if (hasCode(error, 'database_newer', 'migrations_differ', 'schema_taken'))
      return { check: explainProblem(name, error, ''), isTaken: hasCode(error, 'schema_taken') };
    // A user without the right to read it.
    if (isFrom(error, 'database')) return { check: skipped(name, error.message) };
    throw error;
  }
}

/** The stored spans of a log; none if there are no tables, or none that the user may read. */
export async function loadStored(
  { db }: DatabaseExamination,
  account: string,
  stream: string,
): Promise<Spans> {
  if (db === undefined) return [];
  const key = { account, stream };
  try {
    return withoutLosses(await loadCoverage(db, key), await loadLosses(db, key));
  } catch (error) {
    if (isFrom(error, 'database')) return [];
    throw error;
  }
}

/** The examination of an unreadable database, which `database` explains. */
function abstain(database: Check): DatabaseExamination {
  const absence = database.state === 'ok' ? 'there is no database yet' : 'there is no connection';
  const others = [
    'encoding',
    'time zone',
    'privileges',
    'roles',
    'migrations',
    'partitions',
    'disk',
  ];
  return {
    checks: [database, ...others.map((name) => skipped(name, absence))],
    db: undefined,
    absence,
    skewMs: undefined,
    freeBytes: undefined,
  };
}

function announce(dataDirectory: string, canBeMade: boolean, freeBytes: number | undefined): Check {
  if (!canBeMade)
    return problem(
      'database',
      `the embedded database cannot be created, because ${dataDirectory} cannot be written`,
      'Choose another DATA_DIR, or set DATABASE_URL to a Postgres server.',
    );
  const free = freeBytes === undefined ? '' : `, where ${formatBytes(freeBytes)} are free`;
  return ok('database', `the first sync creates the embedded one in ${dataDirectory}${free}`);
}
