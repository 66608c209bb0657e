/** Compares a piece of a log with Zendesk: what is missing here, what is missing there, what is different. */
import { fromSeconds, toSeconds, type Span } from '../../span.ts';
import { readMoment } from '../../streams/moment.ts';
import type { StreamKey } from '../coverage.ts';
import { fingerprint, type QuarantinedRecord } from '../quarantine.ts';
import { confirmDeletions } from './confirmation.ts';
import { readSource, type SourceReader } from './source-reading.ts';
import {
  compareRows,
  findQuarantined,
  loadStoredKeys,
  type Deviation,
  type Keyed,
} from './stored.ts';

/** The result for a completely read piece. */
export type ComparedPiece = {
  readonly span: Span;
  readonly pages: number;
  /** Records of the piece that Zendesk showed. */
  readonly records: number;
  readonly missingHere: readonly Keyed[];
  /** Confirmed by a second reading. */
  readonly missingThere: readonly Keyed[];
  readonly different: readonly Keyed[];
  /** The ids that the reading has seen. */
  readonly seen: ReadonlySet<string>;
  /** Rows that Zendesk does not show, and why they do not count as gone; undefined for none. */
  readonly doubt: { readonly rows: number; readonly reason: string } | undefined;
};

/** Zendesk may drop the oldest hours of a log early: this close to its end, nothing counts as deleted. */
const dropMarginSeconds = 86_400;

/**
 * Reads a covered piece of a log from Zendesk and compares.
 *
 * @throws {KnownError} when it could not be read to its end: then nothing is known about it
 */
export async function comparePiece(reader: SourceReader, span: Span): Promise<ComparedPiece> {
  const { engine, stream } = reader;
  const { account, bulk: db } = engine;
  const { table } = stream;
  const key: StreamKey = { account, stream: stream.name };
  const deviations = new Map<string, Deviation>();
  const isInside = ({ second }: Keyed): boolean => span.from <= second && second < span.to;
  const note = (found: readonly Deviation[]): void => {
    for (const each of found) if (isInside(each)) deviations.set(each.id, each);
  };
  const ids = new Set<string>();
  const { pages, seen, keptSince } = await readSource(reader, span, async (page) => {
    for (const { id, timeMs } of page.rows)
      if (isInside({ id, second: Math.floor(timeMs / 1000) })) ids.add(id);
    const found = await compareRows(db, table, account, page.rows);
    const suspects = found.filter(({ state }) => state === 'missing').map(({ id }) => id);
    const known = await findQuarantined(db, key, suspects, page.quarantined);
    note(found.filter(({ id, state }) => state === 'different' || !known.ids.has(id)));
    note(
      page.quarantined
        .filter(({ content }) => !known.prints.has(fingerprint(content).toString('hex')))
        .map((record) => describeUnread(record, span)),
    );
  });
  // After the reading, so that rows stored meanwhile are included.
  const stored = await loadStoredKeys(db, table, account, span);
  const judgedFrom = keptSince + (stream.retentionDays === undefined ? 0 : dropMarginSeconds);
  const unseen = stored.filter(({ id, second }) => !seen.has(id) && second >= judgedFrom);
  const there = new Map(stored.map(({ id, second }) => [id, second]));
  const found = [...deviations.values()];
  return {
    span,
    pages,
    records: ids.size,
    missingHere: found.filter(({ id, state }) => state === 'missing' && !there.has(id)),
    // A row in the same second was stored by another reader after its page was compared.
    different: found.filter(
      ({ id, second, state }) =>
        state === 'different' || (there.has(id) && there.get(id) !== second),
    ),
    seen,
    ...(await confirmDeletions(reader, unseen, { judgedFrom, seen })),
  };
}

function describeUnread({ recordId, recordTime }: QuarantinedRecord, span: Span): Deviation {
  const text = readMoment(recordTime)?.text;
  const second = text === undefined ? span.from : toSeconds(new Date(text));
  const id = recordId ?? `a record of ${fromSeconds(second).toISOString()}`;
  return { id, second, state: 'missing', isUnreadable: true };
}
