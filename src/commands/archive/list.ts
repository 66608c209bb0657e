import type { Command } from 'commander';
import { loadEveryObject, type ArchivedObject } from '../../archive/ledger.ts';
import type { LocalConfig } from '../../config/config.ts';
import { refuseInput } from '../../errors.ts';
import { noLock, type ObjectLock } from '../../evidence/anchoring/object-lock.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { checkStream } from '../quarantine/list.ts';
import { withLocalDatabases } from '../session.ts';
import { formatNumber, toJson } from '../terminal/words.ts';

type ListFlags = {
  readonly stream?: string;
  readonly account?: string;
  readonly json?: boolean;
};

/** `archive list`: what is where, and how large it is. */
export function addArchiveList(archive: Command, context: CommandContext): void {
  const command = archive
    .command('list')
    .description('what is in the archive: months, objects, rows, bytes, and what locks them')
    .option('--stream <name>', 'of one log (default: of all)')
    .option('--account <key>', 'of one of the accounts (default: of all)')
    .option('--json', 'print each object as JSON')
    .action(async ({ stream, account, json = false }: ListFlags) => {
      const problems: string[] = [];
      checkStream(context, stream, problems);
      if (problems.length > 0) throw refuseInput(problems);
      const found = await withLocalDatabases(context, async ({ db }, config) =>
        readLocks(context, config, await loadEveryObject(db, { account, stream })),
      );
      const objects = found.flat();
      context.print(json ? toJson(objects.map(describeObject)) : renderMonths(objects));
    });
  addExample(command, 'zendesk-log-sync archive list');
}

/** An object with its lock; undefined where ARCHIVE_URL is not set. */
type LockedObject = ArchivedObject & { readonly lock: ObjectLock | undefined };

/** So many are asked about at the same time. */
const mostRequests = 16;

async function readLocks(
  { signal }: CommandContext,
  { archive: { place }, proxies }: LocalConfig,
  objects: readonly ArchivedObject[],
): Promise<readonly LockedObject[]> {
  if (place === undefined) return objects.map((object) => ({ ...object, lock: undefined }));
  const { openArchive } = await import('../../archive/store.ts');
  const { locks } = openArchive(place, proxies, signal);
  if (locks === undefined) return objects.map((object) => ({ ...object, lock: noLock }));
  const now = new Date();
  const read: LockedObject[] = [];
  for (let start = 0; start < objects.length; start += mostRequests) {
    const some = objects.slice(start, start + mostRequests);
    const found = await Promise.all(some.map(({ object }) => locks.read(object)));
    for (const [at, object] of some.entries())
      read.push({ ...object, lock: withoutPast(found[at] ?? noLock, now) });
  }
  return read;
}

/** A lock that is over locks nothing. */
function withoutPast(lock: ObjectLock, now: Date): ObjectLock {
  const { until, hasLegalHold } = lock;
  if (until === undefined || new Date(until) > now) return lock;
  return hasLegalHold ? { ...lock, mode: undefined, until: undefined } : noLock;
}

function describeObject(object: LockedObject): object {
  const { account, stream, month, rows, bytes, sha256, root, first, last, leftAt, lock } = object;
  return {
    account,
    stream,
    month: month.slice(0, 7),
    object: object.object,
    place: placeOf(object),
    rows,
    bytes,
    sha256,
    root,
    first,
    last,
    dropped_at: leftAt,
    lock: lock && {
      state: lock.state,
      mode: lock.mode ?? null,
      retain_until: lock.until ?? null,
      legal_hold: lock.state === 'unknown' ? null : lock.hasLegalHold,
    },
  };
}

/** @returns with its words before it, nothing where ARCHIVE_URL is not set */
function describeLocks(objects: readonly LockedObject[]): string {
  const locks = objects.map(({ lock }) => (lock === undefined ? '' : describeLock(lock)));
  const counts = [
    ...Map.groupBy(
      locks.filter((words) => words !== ''),
      (words) => words,
    ),
  ];
  return counts
    .map(([words, own]) =>
      counts.length === 1 ? `, ${words}` : `, ${formatNumber(own.length)} of them: ${words}`,
    )
    .join('');
}

function describeLock({ state, mode, until, hasLegalHold }: ObjectLock): string {
  if (state === 'missing') return 'not there, or may not be read';
  if (state === 'unknown')
    return 'lock not known: s3:GetObjectRetention and s3:GetObjectLegalHold are missing';
  if (state === 'none') return 'no lock';
  if (state === 'default')
    return `no lock of its own; the bucket locks new objects in ${mode?.toLowerCase()} mode`;
  const locked = mode && `locked in ${mode.toLowerCase()} mode until ${until ?? 'an unknown time'}`;
  return [locked, hasLegalHold && 'legal hold'].filter((words) => Boolean(words)).join(', ');
}

/** Where the rows of an object are. */
function placeOf({
  leftAt,
  isChecked,
  isSpoiled,
  isGone,
}: ArchivedObject): 'archived' | 'both' | 'hot' | 'spoiled' | 'deleted' {
  if (isGone) return 'deleted';
  if (isSpoiled) return 'spoiled';
  if (leftAt !== null) return 'archived';
  return isChecked ? 'both' : 'hot';
}

const placeWords = {
  archived: 'archived',
  both: 'in the archive and in the database',
  hot: 'in the database; not written completely',
  spoiled: 'no longer counts, its rows were written again; delete it where no lock forbids that',
  deleted: 'deleted by an erasure or by retention',
};

function renderMonths(objects: readonly LockedObject[]): string {
  if (objects.length === 0) return 'Nothing is in the archive.';
  const months = Map.groupBy(
    objects,
    (object) =>
      `${object.account} ${object.stream} ${object.month.slice(0, 7)}: ${placeWords[placeOf(object)]}`,
  );
  return [...months]
    .map(([month, own]) => {
      const rows = own.reduce((sum, each) => sum + each.rows, 0);
      const bytes = own.reduce((sum, each) => sum + each.bytes, 0);
      const many = own.length === 1 ? '1 object' : `${formatNumber(own.length)} objects`;
      return `${month}, ${formatNumber(rows)} rows, ${many}, ${formatNumber(bytes)} bytes${describeLocks(own)}`;
    })
    .join('\n');
}
