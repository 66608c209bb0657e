/** An account whose history is sealed, to take things away from. */
import { makeSigningKey } from '../../src/evidence/forms/keys.ts';
import { sealWaiting } from '../../src/evidence/sealed-log.ts';
import { verifyHistory } from '../../src/evidence/verification/verification.ts';
import { accessLogs } from '../../src/streams/access-logs.ts';
import { auditLogs } from '../../src/streams/audit-logs.ts';
import {
  account,
  pullCompletely,
  withInstallation,
  type Installation,
} from '../support/installation.ts';

export const logs = [auditLogs, accessLogs];
const origin = 'acme/log';

/** The account, and how it is sealed and verified. */
export type KeptAccount = Installation & {
  readonly seal: () => Promise<void>;
  /** Kinds of what `verify --deep` finds, and what it cannot check. */
  readonly verify: (checkpoints?: readonly string[]) => Promise<{
    readonly findings: readonly string[];
    readonly unchecked: readonly string[];
    readonly rows: readonly (number | null)[];
  }>;
};

/** Runs `work` on an account whose logs were pulled and sealed. */
export async function withKeptAccount(
  work: (kept: KeptAccount) => Promise<void>,
  settings: Parameters<typeof withInstallation>[0] = {},
): Promise<void> {
  const data = { accessLogDays: 4, accessLogRowsPerDay: 400, auditLogDays: 40, ...settings };
  await withInstallation(data, { rescanAges: [] }, async (installation) => {
    const { db } = installation;
    await pullCompletely(installation, 'access_logs');
    await pullCompletely(installation, 'audit_logs');
    const sealing = { account, origin, key: makeSigningKey(origin), logs };
    const seal = async (): Promise<void> => void (await sealWaiting(db, sealing));
    await seal();
    await work({
      ...installation,
      seal,
      async verify(checkpoints = []) {
        const result = await verifyHistory(db, {
          account,
          streams: logs,
          isWhole: true,
          deep: true,
          anchors: checkpoints.map((note) => ({ name: 'kept', note })),
          report: () => {},
          signal: new AbortController().signal,
        });
        return {
          findings: (result?.findings ?? []).map(({ kind, sentence }) => `${kind}: ${sentence}`),
          unchecked: (result?.unchecked ?? []).map(({ sentence }) => sentence),
          rows: (result?.streams ?? []).map(({ rows }) => rows),
        };
      },
    });
  });
}
