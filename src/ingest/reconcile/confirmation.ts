/**
 * Decides whether records that Zendesk did not show are gone there (contract Q29). A second complete reading has to miss them as
 * well, and to show the stored records on both sides of them: an outage, a log that was switched off or a list that is cut
 * shows none of both.
 */
import { explainError } from '../../errors.ts';
import type { Keyed } from './stored.ts';
import { findNeighbour, loadStoredKeys } from './stored.ts';
import { readSource, type SourceReader } from './source-reading.ts';

/** What counts as gone, and what is doubtful. */
type Confirmation = {
  readonly missingThere: readonly Keyed[];
  readonly doubt: { readonly rows: number; readonly reason: string } | undefined;
};

/** Reads again around what was not seen. `seen` is what the first reading showed. */
export async function confirmDeletions(
  reader: SourceReader,
  unseen: readonly Keyed[],
  { judgedFrom, seen }: { readonly judgedFrom: number; readonly seen: ReadonlySet<string> },
): Promise<Confirmation> {
  const [first, last] = [unseen[0], unseen.at(-1)];
  if (first === undefined || last === undefined) return { missingThere: [], doubt: undefined };
  const doubt = (reason: string): Confirmation => ({
    missingThere: [],
    doubt: { rows: unseen.length, reason },
  });
  const { engine, stream, signal } = reader;
  const key = { account: engine.account, stream: stream.name };
  const look = findNeighbour.bind(undefined, engine.db, stream.table, key);
  const oldest = Math.max(0, judgedFrom);
  const newest = engine.clocks.now().earliest - engine.settings.settleSeconds;
  const before = await look('before', { from: Math.min(oldest, first.second), to: first.second });
  const after = await look('after', {
    from: last.second + 1,
    to: Math.max(newest, last.second + 1),
  });
  if (before === undefined && after === undefined)
    return doubt('there is no record beside them that Zendesk would have to show with them');
  const span = { from: before?.second ?? first.second, to: (after?.second ?? last.second) + 1 };
  try {
    const again = await readSource(reader, span);
    const witnesses = [before, after].filter((each) => each !== undefined);
    if (witnesses.some(({ id }) => !again.seen.has(id)))
      return doubt('Zendesk did not show the records beside them either');
    const stored = await loadStoredKeys(engine.bulk, stream.table, engine.account, span);
    if (stored.some(({ id }) => seen.has(id) && !again.seen.has(id)))
      return doubt('Zendesk showed other records the second time');
    const missingThere = unseen.filter(
      ({ id, second }) => !again.seen.has(id) && second >= again.keptSince,
    );
    return { missingThere, doubt: undefined };
  } catch (error) {
    if (signal.aborted) throw error;
    return doubt(`they could not be asked for a second time: ${explainError(error)}`);
  }
}
