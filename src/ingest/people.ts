import { KnownError } from '../errors.ts';
import type { Lease } from '../database/leases.ts';
import {
  findStrangers,
  loadTeam,
  markDeparted,
  rememberUnknown,
  storeUsers,
  type UserCounts,
} from '../database/users.ts';
import { supportGroup } from '../streams/budget-groups.ts';
import { agentNeeds, lookup, readUser, teamListing, type UserRow } from '../streams/users.ts';
import { priorities, type Engine } from './engine.ts';
import type { Tally } from './run.ts';
import { describeTimes, readTimedPage } from './timed-page.ts';
import { createWalkGuard } from './walk-guard.ts';

/**
 * Brings the people up to date: lists the team, looks up who has left it, and resolves everybody else who acts in a log.
 *
 * Each page and each batch is stored as it comes; a run that stops half-way has lost nothing and is done again.
 */
export async function listPeople(
  engine: Engine,
  lease: Lease,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const before = await loadTeam(engine.db, engine.account);
  const listed = await listTeam(engine, lease, tally, signal);

  const missing = before.filter((id) => !listed.has(id));
  const unanswered = await lookUp(engine, lease, tally, missing, signal);
  tally.add({ changed: await markDeparted(engine.db, lease, unanswered) });

  const strangers = await findStrangers(engine.db, engine.account);
  const unknown = await lookUp(engine, lease, tally, strangers, signal);
  await rememberUnknown(engine.db, engine.account, unknown);
}

async function listTeam(
  engine: Engine,
  lease: Lease,
  tally: Tally,
  signal: AbortSignal,
): Promise<Set<string>> {
  const listed = new Set<string>();
  const guard = createWalkGuard('users', undefined);
  let cursor: string | undefined;
  do {
    const page = await readTimedPage(
      engine,
      { priority: priorities.listing, ...teamListing, cursor },
      signal,
    );
    const people = page.records.map(readUser);
    guard({ nextCursor: page.nextCursor, firstId: people[0]?.id, requestId: page.requestId });
    const writtenFromMs = Date.now();
    const startedMs = performance.now();
    const counts = await storePeople(engine, lease, tally, people);
    tally.noteAnswer(page.requestId);
    engine.report({
      type: 'page-stored',
      stream: 'users',
      task: 'listing',
      rows: people.length,
      newRows: counts.new,
      changedRows: counts.changed,
      requestId: page.requestId,
      ...describeTimes(page, writtenFromMs, performance.now() - startedMs),
    });
    for (const { id } of people) listed.add(id);
    cursor = page.nextCursor;
  } while (cursor !== undefined);
  return listed;
}

/** Looks people up by id and stores whom Zendesk knows. Returns the ids it does not know. */
async function lookUp(
  engine: Engine,
  lease: Lease,
  tally: Tally,
  ids: readonly string[],
  signal: AbortSignal,
): Promise<string[]> {
  const unanswered: string[] = [];
  for (let start = 0; start < ids.length; start += lookup.batch) {
    const batch = ids.slice(start, start + lookup.batch);
    const answer = await engine.zendesk.readObject(
      {
        group: supportGroup,
        priority: priorities.listing,
        path: lookup.path,
        needs: agentNeeds(lookup.path),
        parameters: lookup.parameters(batch),
      },
      signal,
    );
    // Order and number of the answer need not match the question (contract 5.2), and what was not asked for is not kept.
    const people = readAnswer(answer).filter(({ id }) => batch.includes(id));
    await storePeople(engine, lease, tally, people);
    const known = new Set(people.map(({ id }) => id));
    unanswered.push(...batch.filter((id) => !known.has(id)));
  }
  return unanswered;
}

async function storePeople(
  engine: Engine,
  lease: Lease,
  tally: Tally,
  people: readonly UserRow[],
): Promise<UserCounts> {
  const counts = await storeUsers(engine.db, lease, people);
  tally.add({ requests: 1, ...counts });
  engine.report({
    type: 'page',
    stream: 'users',
    kind: 'listing',
    rows: people.length,
    newRows: counts.new,
    changedRows: counts.changed,
    lateRows: 0,
    unclassifiedRows: 0,
    span: undefined,
    reached: undefined,
    last: false,
  });
  return counts;
}

function readAnswer(answer: unknown): UserRow[] {
  const users =
    typeof answer === 'object' && answer !== null
      ? (answer as Record<string, unknown>)['users']
      : undefined;
  if (!Array.isArray(users))
    throw new KnownError('no_usable_answer', {
      found: 'Zendesk answered the look-up of people without a list of users',
    });
  return users.map(readUser);
}
