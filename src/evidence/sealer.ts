/** Seals what waits, beside everything else, within seconds. What keeps it from sealing stops nothing: the manifests wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database/client.ts';
import { explainError } from '../errors.ts';
import type { Log } from '../logger.ts';
import { publishLog } from './publication.ts';
import { batchEntries, sealWaiting, type Sealing } from './sealed-log.ts';

/** The log of an account, and the directory that it is written to as files; undefined for none. */
export type SealedAccount = { readonly sealing: Sealing; readonly directory: string | undefined };

/** How long the sealer rests when nothing waits. */
const restMs = 2000;
/** Each time the last tiles are written anew: so often, and not with each manifest. */
const publishMs = 300_000;

/**
 * Seals the logs of some accounts until it is ended. The function it returns does so: what waits then is sealed before it
 * resolves, unless the signal has come.
 */
export function startSealing(
  db: Database,
  accounts: readonly SealedAccount[],
  log: Log,
  signal: AbortSignal,
): () => Promise<void> {
  const ending = new AbortController();
  const told = new Map<string, string>();
  let publishedAtMs = -Infinity;
  const sealEach = async (isLast: boolean): Promise<void> => {
    const publishes = isLast || performance.now() - publishedAtMs >= publishMs;
    for (const { sealing, directory } of accounts) {
      const place = publishes ? directory : undefined;
      await sealAccount(db, { sealing, directory: place }, log, told, signal);
    }
    if (publishes) publishedAtMs = performance.now();
  };
  const run = async (): Promise<void> => {
    const stop = AbortSignal.any([ending.signal, signal]);
    while (!stop.aborted) {
      await sealEach(false);
      await sleep(restMs, undefined, { signal: stop }).catch(() => {});
    }
    if (!signal.aborted) await sealEach(true);
  };
  const running = run();
  return async () => {
    ending.abort();
    await running;
  };
}

async function sealAccount(
  db: Database,
  { sealing, directory }: SealedAccount,
  log: Log,
  told: Map<string, string>,
  signal: AbortSignal,
): Promise<void> {
  const { account } = sealing;
  try {
    for (let taken: number | undefined = batchEntries; taken === batchEntries;) {
      if (signal.aborted) return;
      taken = await sealWaiting(db, sealing);
    }
    if (directory !== undefined) await publishLog(db, account, directory);
    if (told.delete(account)) log.info({ account }, 'the log is sealed again');
  } catch (error) {
    // It is tried again every few seconds: one line for each new reason is enough.
    const sentence = explainError(error);
    if (!signal.aborted && told.get(account) !== sentence)
      log.error({ account, err: error }, sentence);
    told.set(account, sentence);
  }
}
