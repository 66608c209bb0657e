/** Archives at set times, as long as the service runs. */
import { listArchivedAccounts } from '../../archive/ledger.ts';
import { refuseOtherLogin } from '../../archive/rights.ts';
import { runArchive } from '../../archive/run.ts';
import { readSlowestClock } from '../../archive/slowest-clock.ts';
import { openArchive } from '../../archive/store.ts';
import { findMissedArchive, takeArchiveTurn } from '../../archive/turn.ts';
import { findMomentOf } from '../../config/archive.ts';
import type { LocalConfig } from '../../config/config.ts';
import { explainError } from '../../errors.ts';
import { describeHolder } from '../../ingest/session.ts';
import { listLogs } from '../../streams/registry.ts';
import type { Stream } from '../../streams/stream.ts';
import { listHeld } from '../archive/held.ts';
import { passOnHolds } from '../archive/legal-holds.ts';
import { findOwnKey } from '../verification/own-key.ts';
import { keepTasks, type TaskKeeping } from './timed-tasks.ts';

/** What the scheduled archive needs from the service. */
type ArchiveKeeping = TaskKeeping & {
  /** The settings of the process. */
  readonly config: LocalConfig;
  readonly streams: readonly Stream[];
};

/** Archives at the times of ARCHIVE_SCHEDULE, where ARCHIVE_URL is set, as `keepTasks` does its tasks. */
export function keepArchive(keeping: ArchiveKeeping): () => Promise<void> {
  const { config, streams, log, signal } = keeping;
  const { place, schedule, after } = config.archive;
  if (place === undefined || schedule === undefined) return async () => {};
  const store = openArchive(place, config.proxies, signal);
  return keepTasks(
    [
      {
        name: 'archive',
        expression: schedule,
        timeZone: undefined,
        findMissed: (db, times) => findMissedArchive(db, times.last(new Date())),
        async perform(db, due) {
          try {
            await refuseOtherLogin(db, listLogs(streams));
            const turn = { holder: describeHolder(), due };
            const now = await readSlowestClock(db, new Date());
            const taken = await takeArchiveTurn(db, turn, () =>
              runArchive(db, {
                store,
                streams: listLogs(streams),
                before: findMomentOf(after, now),
                keysOf: (account) => findOwnKey(config.evidence, account),
                heldBy: listHeld,
                tell: ({ stream, from, until, rows, bytes, held }) =>
                  log.info(
                    { stream, from, until, rows, bytes, ...(held.length > 0 && { held }) },
                    held.length > 0 ? 'not archived: under a hold' : 'archived',
                  ),
                report: () => {},
                signal,
              }),
            );
            if (taken === 'busy') return false;
            for (const account of await listArchivedAccounts(db)) {
              const passed = await passOnHolds(db, config, streams, account, signal);
              for (const sentence of passed.sentences)
                log[passed.isWhole ? 'info' : 'warn']({ account }, sentence);
            }
            return true;
          } catch (error) {
            // It is logged, and the next try is at the next time: a fault of the archive needs a person.
            if (!signal.aborted) log.error({ err: error }, explainError(error));
            return true;
          }
        },
      },
    ],
    keeping,
  );
}
