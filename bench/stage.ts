import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Classify } from '../src/classification/classification.ts';
import { createClassifier } from '../src/classification/classifier.ts';
import { accessRules } from '../src/classification/rules.ts';
import { createLogger } from '../src/logger.ts';
import { openDatabase, type Database } from '../src/database/client.ts';
import { openEmbeddedPostgres } from '../src/database/embedded.ts';
import { migrateDatabase } from '../src/database/migrate.ts';
import { type SimulatorSettings, DEFAULT_CREDENTIALS } from '../src/simulator/simulator.ts';
import { createEngine } from '../src/ingest/session.ts';
import type { Engine } from '../src/ingest/engine.ts';
import { streams } from '../src/streams/registry.ts';

/** A migrated database on a server with the settings the product ships. */
export type Stage = { readonly url: string; readonly db: Database };

/** Starts the embedded server, durable as in the product, with one migrated database, for the duration of `work`. */
export async function withStage<T>(work: (stage: Stage) => Promise<T>): Promise<T> {
  const dataDir = await mkdtemp(join(tmpdir(), 'zls-bench-'));
  const postgres = await openEmbeddedPostgres({ dataDir });
  const db = openDatabase({ url: postgres.url });
  try {
    await migrateDatabase(postgres.url);
    return await work({ url: postgres.url, db });
  } finally {
    await db.close();
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  }
}

/** Empties the tables and the ledger, so that the next round starts like the first. */
export async function clear(db: Database): Promise<void> {
  await db.query(`truncate zendesk_sync.stored_rows, zendesk_sync.coverage_losses, zendesk_sync.counted_partitions,
     zendesk.access_logs, zendesk.audit_logs, zendesk.users, zendesk.user_history, zendesk.revisions,
    zendesk_sync.streams, zendesk_sync.coverage, zendesk_sync.rescans, zendesk_sync.runs, zendesk_sync.fetches,
    zendesk_sync.leases, zendesk_sync.budgets, zendesk_sync.unknown_users, zendesk_sync.stale_days,
    zendesk_sync.unexamined, zendesk_sync.stale_findings,
    zendesk.access_log_resources, zendesk.agent_day, zendesk.resource_day, zendesk.audit_day, zendesk.sign_in_day`);
  const evidence = await db.query<{ name: string }>(
    // Records that nobody may rewrite are not written here.
    `select t.oid::regclass::text as name from pg_class t
     where t.relnamespace = 'zendesk_evidence'::regnamespace and t.relkind = 'r'
       and not exists (select from pg_trigger g where g.tgrelid = t.oid and g.tgname = 'refuse_rewriting')`,
  );
  await db.query(`truncate ${evidence.map(({ name }) => name).join(', ')}`);
  await db.query('checkpoint');
}

/** The simulator in a separate process, so that it does not share the event loop with the measured code. */
export type RemoteSimulator = { readonly url: string; stop(): Promise<void> };

/** Starts the simulator as another process. */
export async function startRemoteSimulator(settings: SimulatorSettings): Promise<RemoteSimulator> {
  const child: ChildProcess = fork(
    fileURLToPath(new URL('simulator-process.ts', import.meta.url)),
    {
      serialization: 'advanced',
    },
  );
  child.send(settings);
  const [url] = (await once(child, 'message')) as [string];
  return {
    url,
    async stop() {
      child.kill();
      await once(child, 'exit');
    },
  };
}

/** What a request was about, by only the rules of the program. */
export const usualClassify: Classify = createClassifier(accessRules);

/** The engine as `sync` builds it, by default with budgets for a simulator without limits. */
export function createBenchEngine(
  stage: Stage,
  origin: string,
  account = 'acme',
  requestsPerMinute = { support: 100_000, access_logs: 100_000 },
): Engine {
  const log = createLogger({ level: 'warn', format: 'json', fileDescriptor: 2, isTerminal: false });
  const { clientId, clientSecret } = DEFAULT_CREDENTIALS;
  return createEngine({
    account,
    db: stage.db,
    zendesk: {
      origin,
      credentials: { kind: 'oauth-client', clientId, clientSecret },
      scope: 'read',
    },
    reserve: 0,
    streams,
    classify: usualClassify,
    settings: {
      settleSeconds: 300,
      rescanAges: [3600, 86_400],
      horizons: {},
      requestsPerMinute,
      pageSizes: {},
    },
    holder: 'bench',
    leaseMs: 15_000,
    log,
    report: () => {},
  });
}
