/** The places outside of the database that the settings name for the checkpoints of an account. */
import type { LocalConfig } from '../config/config.ts';
import type { Anchor } from '../evidence/anchoring/anchor.ts';
import { openBucket } from '../evidence/anchoring/bucket.ts';
import { createExchange } from '../evidence/anchoring/exchange.ts';
import { anchorInBucket, anchorInDirectory } from '../evidence/anchoring/files.ts';
import { anchorInFile, anchorInLog } from '../evidence/anchoring/lines.ts';
import { anchorAtAuthority } from '../evidence/anchoring/time-stamp.ts';
import { anchorAtWitness } from '../evidence/anchoring/witness.ts';
import { openDirectory } from '../evidence/directory.ts';
import type { PublishedCopy } from '../evidence/restore/lost-entries.ts';
import type { Log } from '../logger.ts';

/** Where checkpoints are brought to. */
export function listAnchors({ evidence, proxies }: LocalConfig, log: Log): readonly Anchor[] {
  const { directory, bucket, witnesses, timeStamps, anchorFile, anchorEveryMs: everyMs } = evidence;
  const exchange = createExchange(proxies);
  return [
    anchorInLog(log, everyMs),
    ...(anchorFile === undefined ? [] : [anchorInFile(anchorFile, everyMs, () => new Date())]),
    ...witnesses.map((witness) => anchorAtWitness({ ...witness, exchange }, everyMs)),
    ...(timeStamps === undefined ? [] : [anchorAtAuthority(timeStamps, exchange, everyMs)]),
    ...(directory === undefined ? [] : [anchorInDirectory(directory)]),
    ...(bucket === undefined ? [] : [anchorInBucket(bucket, exchange)]),
  ];
}

/** Where the files of a log are published, to be read again after a restore. */
export function listCopies(
  { evidence: { directory, bucket }, proxies }: LocalConfig,
  signal: AbortSignal,
): readonly PublishedCopy[] {
  return [
    ...(directory === undefined ? [] : [openDirectory(directory)]),
    ...(bucket === undefined ? [] : [openBucket(bucket, createExchange(proxies), signal)]),
  ];
}
