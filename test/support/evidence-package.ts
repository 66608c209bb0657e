/** Evidence packages of a simulated account whose history is sealed. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after } from 'node:test';
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting, type Sealing } from '../../src/evidence/sealed-log.ts';
import { createArchive } from '../../src/reports/evidence-package/archive-writer.ts';
import { openArchive } from '../../src/reports/evidence-package/archive-reader.ts';
import { writePackage } from '../../src/reports/evidence-package/pack.ts';
import type { Filters } from '../../src/reports/evidence-package/selection.ts';
import type { PackageStatement } from '../../src/reports/evidence-package/statement.ts';
import {
  verifyPackage,
  type VerifiedPackage,
} from '../../src/reports/evidence-package/verify-package.ts';
import type { ReportSpan } from '../../src/reports/shared/report.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import type { LogStream } from '../../src/streams/stream.ts';
import { account, pullCompletely, withInstallation, type Installation } from './installation.ts';

/** The logs of the packages. */
export const packedLogs = [auditLogs, accessLogs];

const folder = mkdtempSync(join(tmpdir(), 'zls-package-'));
after(() => rmSync(folder, { recursive: true, force: true }));
let paths = 0;

/** A name for a file or folder that is removed after the test file. */
export function newPath(name: string): string {
  paths += 1;
  return join(folder, `${paths}-${name}`);
}

const noFilters: Filters = { agents: [], users: [], tickets: [], addresses: [] };

/** The request for a package; by default all rows of both logs. */
export type Asked = {
  readonly filters?: Partial<Filters>;
  readonly streams?: readonly LogStream[];
  readonly span?: ReportSpan;
  readonly witnessKeys?: readonly string[];
};

/** A package in a file, and what it says. */
export type Made = { readonly path: string; readonly statement: PackageStatement };

/** An account whose history is sealed. */
export type SealedAccount = Installation & {
  readonly sealing: Sealing;
  readonly pack: (asked?: Asked) => Promise<Made>;
  /** Runs statements with all triggers off. */
  readonly tamper: (...statements: readonly string[]) => Promise<void>;
};

/** Pulls a small account, seals what was pulled, and gives it to `work`; before it is sealed, something may be done to it. */
export async function withSealedAccount(
  work: (sealed: SealedAccount) => Promise<void>,
  beforeSealing: (installation: Installation) => Promise<unknown> = async () => {},
): Promise<void> {
  const settings = { accessLogDays: 3, accessLogRowsPerDay: 700, auditLogDays: 3 };
  await withInstallation(settings, { rescanAges: [] }, async (installation) => {
    const { db } = installation;
    await pullCompletely(installation, 'access_logs');
    await pullCompletely(installation, 'audit_logs');
    const origin = 'acme/zendesk-log-sync';
    const sealing = { account, origin, key: makeSigningKey(origin), logs: packedLogs };
    await beforeSealing(installation);
    await sealWaiting(db, sealing);
    const now = new Date();
    const all = { from: new Date(now.getTime() - 4 * 86_400_000), to: now };
    await work({
      ...installation,
      sealing,
      async pack({ filters = {}, streams = packedLogs, span = all, witnessKeys = [] } = {}) {
        const path = newPath('evidence.zip');
        const chunks: Uint8Array[] = [];
        const question = { span, streams, filters: { ...noFilters, ...filters }, witnessKeys };
        const scope = { db, account, now, timeZone: undefined };
        const statement = await writePackage(
          scope,
          question,
          async (data) => void chunks.push(Buffer.from(data)),
          () => {},
        );
        writeFileSync(path, Buffer.concat(chunks));
        return { path, statement };
      },
      tamper: async (...statements) => {
        await db.transaction(async (tx) => {
          await tx.query('set local session_replication_role = replica');
          for (const statement of statements) await tx.query(statement);
        });
      },
    });
  });
}

/** What `evidence verify` says of a package. */
export function verifyFile(path: string): Promise<VerifiedPackage> {
  return verifyPackage(path, { streams: packedLogs, report: () => {} });
}

/** Findings as one line each: file, row and sentence. */
export function listFindings({ findings }: Pick<VerifiedPackage, 'findings'>): readonly string[] {
  return findings.map(({ file, row, sentence }) =>
    [file ?? 'archive', ...(row === undefined ? [] : [row]), sentence].join(': '),
  );
}

/** Unpacks a package into a folder of its own. */
export async function unpack(path: string): Promise<string> {
  const target = newPath('package');
  const archive = await openArchive(path);
  for (const name of archive.files) {
    const chunks: Buffer[] = [];
    for await (const chunk of archive.read(name)) chunks.push(chunk);
    mkdirSync(dirname(join(target, name)), { recursive: true });
    writeFileSync(join(target, name), Buffer.concat(chunks));
  }
  await archive.close();
  return target;
}

/** Runs the verifier that a package brings along. */
export function runOwnVerifier(target: string): {
  readonly status: number | null;
  readonly text: string;
} {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(target, 'verify.mjs')], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '' },
  });
  return { status, text: stdout + stderr };
}

/** Changes the files of a package, as somebody who forges one. */
export type Forge = (files: Map<string, Buffer>) => void;

/** Makes a package of the same form with other files: the hashes in it fit, as a forger would see to. */
export async function repack(path: string, forge: Forge): Promise<string> {
  const archive = await openArchive(path);
  const files = new Map<string, Buffer>();
  for (const name of archive.files) {
    const chunks: Buffer[] = [];
    for await (const chunk of archive.read(name)) chunks.push(chunk);
    files.set(name, Buffer.concat(chunks));
  }
  await archive.close();
  files.delete('SHA256SUMS');
  forge(files);
  const made: Uint8Array[] = [];
  const writer = createArchive(async (data) => void made.push(Buffer.from(data)), new Date());
  for (const [name, content] of files) await writer.add(name, [content]);
  await writer.finish();
  const target = newPath('forged.zip');
  writeFileSync(target, Buffer.concat(made));
  return target;
}

/** Changes the lines of a file. */
export function editLines(
  files: Map<string, Buffer>,
  name: string,
  edit: (lines: string[]) => readonly string[],
): void {
  const lines = String(files.get(name)).split('\n').slice(0, -1);
  files.set(
    name,
    Buffer.from(
      edit(lines)
        .map((line) => `${line}\n`)
        .join(''),
    ),
  );
}
