/** All checks of the database, and what of it the other checks want to know. Reads only. */
import type { DatabaseConfig, LocalConfig } from '../config/config.ts';
import { hasCode, isFrom } from '../errors.ts';
import { examinePartitionsAhead } from '../database/partitions.ts';
import { loadCoverage } from '../ingest/coverage.ts';
import { loadLosses, withoutLosses } from '../ingest/losses.ts';
import {
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
import { checkMigrations, checkPartitions, checkPrivileges, checkRoles } from './schema.ts';

/** What the checks of the database brought. */
export type DatabaseExamination = {
  readonly checks: readonly Check[];
  /** Undefined where the database cannot be read. */
  readonly db: ReadOnlyDatabase | undefined;
  /** What has to be added to the local clock to have Postgres's. */
  readonly skewMs: number | undefined;
  /** Free on the disk of the database, where that can be seen. */
  readonly freeBytes: number | undefined;
};

/** A database that can be connected to. */
type Place = {
  readonly url: string;
  /** For people, as the end of a sentence; may be empty. */
  readonly where: string;
  readonly freeBytes: number | undefined;
  readonly close: () => Promise<void>;
};

/** Examines the database, and lends it to `work` afterwards. A database that is still to be made is not made. */
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

/** Where the database is, or all there is to say where there is none. */
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
      checkPrivileges(privileges, facts),
      checkRoles(privileges, 'check' in pending ? [] : pending.names),
      'check' in pending ? pending.check : checkMigrations(pending.names, isNew, missingObjects),
      checkPartitions(wanted, missing),
      checkDisk(facts, freeBytes),
    ],
    db,
    skewMs,
    freeBytes,
  };
}

/** The migrations to be applied, or why they cannot be told. */
async function loadPending(
  db: ReadOnlyDatabase,
): Promise<{ names: readonly string[] } | { check: Check }> {
  const name = 'migrations';
  try {
    return { names: await findPending(db) };
  } catch (error) {
    // Migrated by another version of the program.
    if (hasCode(error, 'database_newer', 'migrations_differ'))
      return { check: explainProblem(name, error, '') };
    // A user who may not look there.
    if (isFrom(error, 'database')) return { check: skipped(name, error.message) };
    throw error;
  }
}

/** The stored spans of a log; none where there are no tables, or none that may be read. */
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

/** The examination of a database that cannot be looked into, which `database` explains. */
function abstain(database: Check): DatabaseExamination {
  const reason = database.state === 'ok' ? 'there is no database yet' : 'there is no connection';
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
    checks: [database, ...others.map((name) => skipped(name, reason))],
    db: undefined,
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
