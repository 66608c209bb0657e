/** Seals waiting manifests in the background, within seconds. A failure stops nothing else: the manifests wait. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database/client.ts';
import { explainError } from '../errors.ts';
import type { Log } from '../logger.ts';
import { adoptRows } from './adoption/adopt.ts';
import { loadSize, takeBackLost } from './restore/take-back.ts';
import { noteRules, rulesCheckMs } from './rules.ts';
import { batchEntries, sealWaiting, type Sealing } from './sealed-log.ts';

/** How long the sealer rests when nothing waits. */
const restMs = 2000;

/**
 * Seals the logs of some accounts. Call the returned function to end it: it seals what still waits before it
 * resolves, unless the signal has come.
 */
export function startSealing(
  db: Database,
  accounts: readonly Sealing[],
  log: Log,
  signal: AbortSignal,
): () => Promise<void> {
  const ending = new AbortController();
  const told = new Map<string, string>();
  // How many entries each log had: a database that was restored beneath this process has fewer.
  const sizes = new Map<string, number>();
  const checkedMs = new Map<string, number>();
  const remembered = { told, sizes, checkedMs };
  const sealEach = async (): Promise<void> => {
    for (const sealing of accounts) await sealAccount(db, sealing, log, remembered, signal);
  };
  const run = async (): Promise<void> => {
    const stop = AbortSignal.any([ending.signal, signal]);
    while (!stop.aborted) {
      await sealEach();
      await sleep(restMs, undefined, { signal: stop }).catch(() => {});
    }
    if (!signal.aborted) await sealEach();
  };
  const running = run();
  return async () => {
    ending.abort();
    await running;
  };
}

/** What the sealer remembers for each account, such as its last message and how many entries the log had. */
type Remembered = {
  readonly told: Map<string, string>;
  readonly sizes: Map<string, number>;
  /** When the rules were last checked. */
  readonly checkedMs: Map<string, number>;
};

async function sealAccount(
  db: Database,
  sealing: Sealing,
  log: Log,
  remembered: Remembered,
  signal: AbortSignal,
): Promise<void> {
  const { account } = sealing;
  const { told, sizes } = remembered;
  try {
    const size = await takeBackLost(db, sealing, sizes.get(account), log);
    await sealAll(db, sealing, size, signal);
    const hasRules = await checkRules(db, sealing, remembered);
    if ((await adoptRows(db, sealing, log, signal)) || hasRules)
      await sealAll(db, sealing, size, signal);
    sizes.set(account, Math.max(size, await loadSize(db, account)));
    if (told.delete(account)) log.info({ account }, 'the log is sealed again');
  } catch (error) {
    // It is tried again every few seconds: one line for each new reason is enough.
    const sentence = explainError(error);
    if (!signal.aborted && told.get(account) !== sentence)
      log.error({ account, err: error }, sentence);
    told.set(account, sentence);
  }
}

async function sealAll(
  db: Database,
  sealing: Sealing,
  size: number,
  signal: AbortSignal,
): Promise<void> {
  for (let taken: number | undefined = batchEntries; taken === batchEntries && !signal.aborted;)
    taken = await sealWaiting(db, sealing, size);
}

/** Checks from time to time whether the rules have changed. @returns whether it has checked */
async function checkRules(
  db: Database,
  { account, classification }: Sealing,
  { checkedMs }: Remembered,
): Promise<boolean> {
  const former = checkedMs.get(account);
  if (former !== undefined && performance.now() - former < rulesCheckMs) return false;
  await noteRules(db, {
    account,
    classification: former === undefined ? classification : undefined,
  });
  checkedMs.set(account, performance.now());
  return true;
}
