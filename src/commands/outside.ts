/** Every checkpoint of a log that the settings and somebody's arguments lead to. */
import type { LocalConfig } from '../config/config.ts';
import type { Queryable } from '../database/client.ts';
import { collectOutside, type Outside } from '../evidence/verification/anchors.ts';
import { listCopies } from './anchors.ts';

/**
 * Collects them. What the program itself keeps may be out of reach: that is said in sentences.
 *
 * @param named files and addresses that must be there
 * @throws {KnownError} `bad_input` when one that is named cannot be read
 */
export async function collectOutsideOf(
  db: Queryable,
  account: string,
  config: LocalConfig,
  named: readonly string[],
  signal: AbortSignal,
): Promise<Outside> {
  const { anchorFile, timeStamps } = config.evidence;
  return collectOutside(db, account, {
    named,
    anchorFile,
    authorities: timeStamps?.authorities ?? [],
    stores: listCopies(config, signal),
  });
}
