/** Whether the archive can be reached, and whether its schedule runs. Nothing is written there. */
import { accessSync, constants, existsSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { loadObjects } from '../archive/ledger.ts';
import { listOldPartitions } from '../archive/partitions.ts';
import { mayArchive, ownerAdvice } from '../archive/rights.ts';
import { openArchive } from '../archive/store.ts';
import { findMomentOf } from '../config/archive.ts';
import type { Config } from '../config/config.ts';
import { foreignCodeOf, hasCode, isFrom, type KnownError } from '../errors.ts';
import { listLogs } from '../streams/registry.ts';
import type { LogStream } from '../streams/stream.ts';
import { explainProblem, ok, problem, warning, type Check } from './check.ts';
import type { ReadOnlyDatabase } from './diagnosis.ts';

const name = 'archive';
const usualWayOut = 'Check ARCHIVE_URL, and run "archive verify".';

/** The checks of the archive of an account; none where there is none. */
export async function examineArchive(
  { archive: { place, after, schedule }, streams, proxies, zendesk: { account } }: Config,
  db: ReadOnlyDatabase,
  signal: AbortSignal,
): Promise<readonly Check[]> {
  try {
    const objects = (await loadObjects(db, { account })).filter(({ isChecked }) => isChecked);
    if (place === undefined) return objects.some(({ leftAt }) => leftAt !== null) ? [unset] : [];
    if (place.kind === 'directory') {
      const refusal = findRefusal(place.path);
      if (refusal !== undefined) return [refusal];
    }
    const store = openArchive(place, proxies, signal);
    const newest = objects.at(-1);
    // What is not there says whether the place answers.
    const path = newest?.object ?? 'nothing-yet';
    const part = await store.readPart(path, 0, 4);
    if (newest !== undefined && part?.toString() !== 'PAR1')
      return [
        problem(name, `in ${store.name}, ${path} is not there, or may not be read`, usualWayOut),
      ];
    const failed = await loadLastError(db);
    if (failed !== undefined)
      return [problem(name, `the last run failed: ${failed}`, 'Run "archive run" by hand.')];
    const found = `${store.name} answers${newest === undefined ? '' : ', and the newest object can be read'}`;
    const before = findMomentOf(after, new Date());
    return [await examineLogin(db, listLogs(streams), { found, before, schedule })];
  } catch (error) {
    if (hasCode(error, 'archive_failed')) return [explainArchive(error)];
    // Where there are no tables yet, or none that may be read, other checks say so.
    if (isFrom(error, 'database')) return [];
    throw error;
  }
}

/** Whether this login archives, or another has to, and does. */
async function examineLogin(
  db: ReadOnlyDatabase,
  logs: readonly LogStream[],
  {
    found,
    before,
    schedule,
  }: { readonly found: string; readonly before: Date; readonly schedule: string | undefined },
): Promise<Check> {
  if (await mayArchive(db, logs))
    return ok(
      name,
      schedule === undefined
        ? `${found}; "serve" does not archive (ARCHIVE_SCHEDULE), "archive run" does`
        : `${found}; "serve" archives with this login`,
    );
  const waiting = (
    await Promise.all(logs.map(({ table }) => listOldPartitions(db, table, before)))
  ).flat();
  const [late] = waiting.filter(({ untilMs }) => untilMs < before.getTime() - graceMs);
  const text = `${found}; this login may not drop partitions, so that "archive run" has to be run with the login of the owner`;
  if (late === undefined && schedule === undefined) return ok(name, text);
  return (late === undefined ? warning : problem)(
    name,
    late === undefined
      ? `${text}; ARCHIVE_SCHEDULE is not "off"`
      : `${text}; the rows until ${late.until} should have been archived more than a week ago`,
    `${ownerAdvice}.`,
  );
}

/** A scheduler runs it every day or every week. */
const graceMs = 8 * 86_400_000;

const unset = problem(
  name,
  'rows are in the archive, and ARCHIVE_URL is not set: reports about them are refused',
  'Set ARCHIVE_URL to where they were archived.',
);

function explainArchive(error: KnownError): Check {
  return explainProblem(name, error, usualWayOut);
}

/** A directory that is not there yet is made, where its parent may be written. */
function findRefusal(path: string): Check | undefined {
  let folder = resolve(path);
  while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
  try {
    accessSync(folder, constants.R_OK | constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    return problem(
      name,
      `ARCHIVE_URL is ${path}, which cannot be written (${foreignCodeOf(error) ?? 'unknown'})`,
      'Check its permissions: the program has to read and write there.',
    );
  }
}

async function loadLastError(db: ReadOnlyDatabase): Promise<string | undefined> {
  const [run] = await db.query<{ error: string | null }>(
    'select error from zendesk_sync.archive_runs where ended_at is not null order by id desc limit 1',
  );
  return run?.error?.replace(/\.$/, '');
}
