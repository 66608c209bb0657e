/** The gaps of a log, from what the ledger knows. */
import type { Queryable } from '../database/client.ts';
import { judgeGaps, type Gap, type GapLog, type GapScope } from './gaps.ts';
import { loadGapFacts } from './gap-facts.ts';

/** The gaps of a log of an account, oldest first, each with its reason. One that was never pulled is one gap. */
export async function listGaps(
  db: Queryable,
  account: string,
  log: GapLog,
  scope: GapScope,
): Promise<readonly Gap[]> {
  const key = { account, stream: log.name };
  const facts = await loadGapFacts(db, key, scope.now);
  return judgeGaps(log, facts(key), scope);
}
