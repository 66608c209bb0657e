/** An account whose history is sealed, and an archive in a directory. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openArchivedRows } from '../../src/archive/archived-rows.ts';
import { loadObjects } from '../../src/archive/ledger.ts';
import { runArchive, type ArchivedPartition } from '../../src/archive/run.ts';
import { openArchive, type ArchiveStore } from '../../src/archive/store.ts';
import type { Database } from '../../src/database/client.ts';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting, type Sealing } from '../../src/evidence/sealed-log.ts';
import { verifyHistory, type Verification } from '../../src/evidence/verification/verification.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import { account, pullCompletely, withInstallation, type Installation } from './installation.ts';

/** The logs that are archived. */
export const archivedLogs = [auditLogs, accessLogs];
const signal = new AbortController().signal;
/** Later than every row. */
const everything = new Date('2200-01-01T00:00:00Z');

/** An installation with an archive. */
export type Archived = Installation & {
  readonly folder: string;
  readonly store: ArchiveStore;
  readonly sealing: Sealing;
  /** Archives what is older than a moment; default: everything. */
  readonly archive: (before?: Date, store?: ArchiveStore) => Promise<readonly ArchivedPartition[]>;
  /** What a deep verification finds that reads the archive too. */
  readonly verify: () => Promise<Verification>;
};

type Settings = Parameters<typeof withInstallation>[0];

const usual: Settings = {
  auditLogDays: 70,
  auditLogRowsPerDay: 6,
  accessLogDays: 70,
  accessLogRowsPerDay: 25,
};

/** Pulls an account with rows of several months, and seals it. */
export async function withArchive(
  work: (archived: Archived) => Promise<void>,
  settings: Settings = usual,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'zls-archive-'));
  try {
    await withInstallation(settings, { rescanAges: [] }, async (installation) => {
      const { db } = installation;
      await pullCompletely(installation, 'access_logs');
      await pullCompletely(installation, 'audit_logs');
      const origin = 'acme/log';
      const sealing = { account, origin, key: makeSigningKey(origin), logs: archivedLogs };
      await sealWaiting(db, sealing);
      const store = openFolder(folder);
      await work({
        ...installation,
        folder,
        store,
        sealing,
        archive: async (before = everything, into = store) => {
          const told: ArchivedPartition[] = [];
          await runArchive(db, {
            store: into,
            streams: archivedLogs,
            before,
            keysOf: () => [],
            heldBy: async () => [],
            objectRows: 500,
            tell: (each) => told.push(each),
            report: () => {},
            signal,
          });
          await sealWaiting(db, sealing);
          return told;
        },
        verify: () => verifyWith(db, store, account),
      });
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An archive in a directory. */
export function openFolder(path: string): ArchiveStore {
  return openArchive(
    { kind: 'directory', path },
    { https: undefined, http: undefined, exceptions: '' },
    signal,
  );
}

/** What a deep verification finds that reads the archive too. */
export async function verifyWith(
  db: Database,
  store: ArchiveStore,
  of: string,
): Promise<Verification> {
  const left = (await loadObjects(db)).filter(({ leftAt }) => leftAt !== null);
  const result = await verifyHistory(db, {
    account: of,
    streams: archivedLogs,
    isWhole: true,
    deep: true,
    anchors: [],
    archive: openArchivedRows(store, left),
    report: () => {},
    signal,
  });
  if (result === undefined) throw new Error('There is no sealed log.');
  return result;
}
