import type { Command } from 'commander';
import type { ArchivedPartition } from '../../archive/run.ts';
import { readSlowestClock } from '../../archive/slowest-clock.ts';
import type { LocalConfig } from '../../config/config.ts';
import type { Database } from '../../database/client.ts';
import { refuseInput } from '../../errors.ts';
import { listLogs } from '../../streams/registry.ts';
import type { LogStream } from '../../streams/stream.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { withLocalDatabases } from '../session.ts';
import { showLines } from '../terminal/display.ts';
import { formatNumber } from '../terminal/words.ts';
import { findOwnKey } from '../verification/own-key.ts';
import { listHeld } from './held.ts';
import { openArchiveOf } from './place.ts';

type RunFlags = {
  readonly olderThan?: string;
  readonly stream?: string;
  readonly dryRun?: true;
  readonly acceptLoss?: true;
};

/** `archive run`: brings old partitions into the archive, and drops them when they are there. */
export function addArchiveRun(archive: Command, context: CommandContext): void {
  const command = archive
    .command('run')
    .description(
      'archive old partitions: written, read back, compared with the sealed log, dropped',
    )
    .option('--older-than <age>', 'how old all rows of a partition are (default: ARCHIVE_AFTER)')
    .option('--stream <name>', 'of one log (default: of all)')
    .option('--dry-run', 'only show what would be archived')
    .option('--accept-loss', 'continue although the newest object is lost permanently')
    .action(async (flags: RunFlags) => context.finish(await run(context, flags)));
  addExample(command, 'zendesk-log-sync archive run --older-than 13M --stream access_logs');
}

async function run(context: CommandContext, flags: RunFlags): Promise<number> {
  const { ageAdvice, findMomentOf, parseAge } = await import('../../config/archive.ts');
  const problems: string[] = [];
  const streams = chooseLogs(context, flags.stream, problems);
  const age = flags.olderThan === undefined ? undefined : parseAge(flags.olderThan);
  if (flags.olderThan !== undefined && age === undefined)
    problems.push(`--older-than is "${flags.olderThan}". Use ${ageAdvice}.`);
  if (problems.length > 0) throw refuseInput(problems);
  const ended = await withLocalDatabases(context, async ({ db }, config) => {
    const now = await readSlowestClock(db, new Date());
    const before = findMomentOf(age ?? config.archive.after, now);
    if (flags.dryRun === true) return showPlan(context, db, streams, before);
    const { refuseOtherLogin } = await import('../../archive/rights.ts');
    await refuseOtherLogin(db, streams);
    const asked = { streams, before, isLossAccepted: flags.acceptLoss === true };
    return archiveOld(context, db, config, asked);
  });
  return Math.max(...ended);
}

/** The logs that are meant; a problem for another name. */
export function chooseLogs(
  { streams }: Pick<CommandContext, 'streams'>,
  asked: string | undefined,
  problems: string[],
): readonly LogStream[] {
  const logs = listLogs(streams);
  const chosen = logs.filter(({ name }) => asked === undefined || name === asked);
  if (chosen.length === 0)
    problems.push(`--stream is "${asked}". Use ${logs.map(({ name }) => name).join(' or ')}.`);
  return chosen;
}

async function showPlan(
  context: CommandContext,
  db: Database,
  streams: readonly LogStream[],
  before: Date,
): Promise<number> {
  const { countRows, listOldPartitions } = await import('../../archive/partitions.ts');
  const { describeBounds } = await import('../../archive/run.ts');
  let partitions = 0;
  for (const { name: stream, table } of streams)
    for (const partition of await listOldPartitions(db, table, before)) {
      const rows = await countRows(db, partition);
      const { from, until } = describeBounds(partition);
      context.print(
        `${stream} from ${showDay(from)} until ${showDay(until)}: ${formatNumber(rows)} rows would be archived.`,
      );
      partitions += 1;
    }
  if (partitions === 0) context.print(nothingOld(before));
  return 0;
}

/** @returns 1 where something stays because of a hold, or could not be held in the archive */
async function archiveOld(
  context: CommandContext,
  db: Database,
  config: LocalConfig,
  asked: {
    readonly streams: readonly LogStream[];
    readonly before: Date;
    readonly isLossAccepted: boolean;
  },
): Promise<number> {
  const [{ runArchive }, { takeArchiveTurn }, { describeHolder }] = await Promise.all([
    import('../../archive/run.ts'),
    import('../../archive/turn.ts'),
    import('../../ingest/session.ts'),
  ]);
  const { signal } = context;
  const store = openArchiveOf(config, signal);
  let [line, partitions, held] = ['The partitions are looked up.', 0, 0];
  const written = new Map<string, number>();
  const end = showLines(context, { terminalMs: 2000, plainMs: 10_000 }, () => [line]);
  try {
    await takeArchiveTurn(db, { holder: describeHolder() }, () =>
      runArchive(db, {
        store,
        ...asked,
        keysOf: (account) => findOwnKey(config.evidence, account),
        heldBy: listHeld,
        tell(archived) {
          partitions += 1;
          if (archived.held.length > 0) held += 1;
          context.print(describeArchived(archived, store.name));
        },
        report(partition, rows) {
          written.set(partition, (written.get(partition) ?? 0) + rows);
          line = `${partition}: ${formatNumber(written.get(partition) ?? 0)} rows written`;
        },
        signal,
      }),
    );
  } finally {
    end();
  }
  if (partitions === 0) context.print(nothingOld(asked.before));
  const areHeld = await passOn(context, db, config);
  return held > 0 || !areHeld ? 1 : 0;
}

/** Passes the holds of all accounts on to their objects. @returns whether all could be */
async function passOn(
  { streams, signal, print }: CommandContext,
  db: Database,
  config: LocalConfig,
): Promise<boolean> {
  const { listArchivedAccounts } = await import('../../archive/ledger.ts');
  const { passOnHolds } = await import('./legal-holds.ts');
  let areHeld = true;
  for (const account of await listArchivedAccounts(db)) {
    const passed = await passOnHolds(db, config, streams, account, signal);
    passed.sentences.forEach(print);
    areHeld &&= passed.isWhole;
  }
  return areHeld;
}

/** What became of a partition, in a sentence. */
function describeArchived(
  { stream, from, until, rows, bytes, objects, held }: ArchivedPartition,
  place: string,
): string {
  const span = `${stream} from ${showDay(from)} until ${showDay(until)}`;
  if (held.length > 0)
    return `${span} stays in the database: it is under the hold ${held.join(', ')}.`;
  if (rows === 0) return `${span}: it had no rows, and was dropped.`;
  const many = objects === 1 ? '1 object' : `${formatNumber(objects)} objects`;
  return `${span}: ${formatNumber(rows)} rows are in ${place} (${many}, ${formatNumber(bytes)} bytes), and were dropped here.`;
}

function nothingOld(before: Date): string {
  return `No partition has only rows from before ${showDay(before.toISOString())}.`;
}

function showDay(iso: string): string {
  return iso.slice(0, 10);
}
