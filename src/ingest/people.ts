/** The people: who is in the team, who has left it, and who else acts in a log. */
import { explainRefusal } from '../database/connection-errors.ts';
import { KnownError } from '../errors.ts';
import { listLogs } from '../streams/registry.ts';
import { requestOf, type ListingStream } from '../streams/stream.ts';
import { lookup, readUser, type UserRow } from '../streams/users.ts';
import { priorities, type Engine } from './engine.ts';
import type { PageTimes } from './events.ts';
import type { Lease } from './lease.ts';
import {
  findStrangers,
  loadTeam,
  markDeparted,
  rememberUnknown,
  storeUsers,
  type ReadPeople,
  type StoredPeople,
} from './people-tables.ts';
import { originalOf } from './page-records.ts';
import {
  quarantineRecord,
  refuseIfMost,
  warnOfQuarantine,
  type QuarantinedRecord,
} from './quarantine.ts';
import type { Tally } from './run.ts';
import { askSized, createWalkGuard, noteRefuted, timeWriting } from './walk.ts';

/** The listing of people in progress. */
type Listing = {
  readonly engine: Engine;
  readonly stream: ListingStream;
  readonly lease: Lease;
  readonly tally: Tally;
  readonly signal: AbortSignal;
  readonly store: StoreStep;
};

/** Stores a page of the listing; it gets the number of pages stored before it. */
type StoreStep = <T>(write: (steps: number) => Promise<T>) => Promise<T>;

function createSteps(lease: Lease, tally: Tally): StoreStep {
  let steps = 0;
  return async (write) => {
    const stored = await write(steps);
    steps += 1;
    tally.noteSteps(lease, steps);
    return stored;
  };
}

/**
 * Brings the people up to date: lists the team, looks up who has left it, and resolves everybody else who acts in a log.
 *
 * Each page and each batch is stored as it arrives; a run that stops half-way has lost nothing and is repeated.
 */
export async function listPeople(
  engine: Engine,
  stream: ListingStream,
  lease: Lease,
  tally: Tally,
  signal: AbortSignal,
): Promise<void> {
  const store = createSteps(lease, tally);
  const listing = { engine, stream, lease, tally, signal, store };
  const { account, db } = engine;
  const before = await loadTeam(db, account);
  const listed = await listTeam(listing);

  const missing = before.filter((id) => !listed.has(id));
  const unanswered = await lookUp(listing, missing);
  const changed = await store((steps) => markDeparted(db, lease, steps, unanswered));
  tally.add({ changed });

  const strangers = await findStrangers(db, account, listLogs(engine.streams));
  await rememberUnknown(db, account, await lookUp(listing, strangers));
}

async function listTeam(listing: Listing): Promise<ReadonlySet<string>> {
  const { engine, stream, lease, tally, signal, store } = listing;
  const listed = new Set<string>();
  const check = createWalkGuard(stream.name, undefined, () => noteRefuted(engine, stream.name));
  const { parameters } = stream.source;
  const request = { ...requestOf(stream), priority: priorities.listing, parameters };
  const again = { isReadAgain: true };
  let cursor: string | undefined;
  do {
    let answer = await askSized(engine, stream.name, { ...request, cursor }, signal, again);
    if (answer.isUnsure && answer.nextCursor === undefined) {
      tally.add({ requests: 1 });
      answer = await askSized(engine, stream.name, { ...request, cursor }, signal, again);
    }
    const read = readPeople(answer.records, (index) => originalOf(answer, index));
    const { people } = read;
    refuseStrangers(people, answer.requestId);
    const isAgreed = check(
      answer,
      people.map(({ id }) => id),
    );
    const { stored, times } = await timeWriting(answer, () =>
      store((steps) => storeUsers(engine.db, lease, steps, read)),
    );
    tally.noteAnswer(answer.requestId);
    notePage(listing, people, stored, { requestId: answer.requestId, times });
    for (const { id } of people) listed.add(id);
    cursor = isAgreed ? undefined : answer.nextCursor;
  } while (cursor !== undefined);
  return listed;
}

/** A page may have a few whose role has just changed. */
const fewStrangers = 4;

/** @throws {KnownError} `filter_ignored` when most of a page are customers, who may be millions and were not requested */
function refuseStrangers(people: readonly UserRow[], requestId: string | undefined): void {
  const strangers = people.filter(({ role }) => role === 'end-user').length;
  if (strangers <= fewStrangers || strangers * 2 <= people.length) return;
  throw new KnownError('filter_ignored', {
    found: `Zendesk was asked for agents and admins, but ${strangers} of ${people.length} people on a page are customers, so the program stopped reading the list`,
    requestId,
  });
}

/** Looks people up by id and stores those whom Zendesk knows. Returns the ids that it does not know. */
async function lookUp(listing: Listing, ids: readonly string[]): Promise<string[]> {
  const { engine, stream, lease, signal, store } = listing;
  const unanswered: string[] = [];
  for (let start = 0; start < ids.length; start += lookup.batch) {
    const batch = ids.slice(start, start + lookup.batch);
    const request = {
      group: stream.budget,
      priority: priorities.listing,
      path: lookup.path,
      parameters: lookup.parameters(batch),
      needs: { ...stream.needs, name: lookup.path },
    };
    const answer = await engine.zendesk.readObject(request, signal);
    // Order and number of the answer need not match the request (contract 5.2), and people who were not requested are not
    // kept.
    const records = listUsers(answer);
    const read = readPeople(records, (index) => Buffer.from(JSON.stringify(records[index])));
    const people = read.people.filter(({ id }) => batch.includes(id));
    const stored = await store((steps) => storeUsers(engine.db, lease, steps, { ...read, people }));
    notePage(listing, people, stored, { requestId: undefined, times: undefined });
    // Any of the missing people may be the one whose record cannot be read: nothing is known about them.
    if (read.quarantined.length > 0) continue;
    const known = new Set(people.map(({ id }) => id));
    unanswered.push(...batch.filter((id) => !known.has(id)));
  }
  return unanswered;
}

function notePage(
  { engine, stream, lease, tally }: Listing,
  people: readonly UserRow[],
  { counts, quarantined }: StoredPeople,
  answer: { readonly requestId: string | undefined; readonly times: PageTimes | undefined },
): void {
  tally.add({ requests: 1, ...counts });
  warnOfQuarantine(engine.log, lease, undefined, quarantined);
  engine.report({
    type: 'page',
    stream: stream.name,
    task: 'listing',
    kind: 'listing',
    rows: people.length,
    newRows: counts.new,
    changedRows: counts.changed,
    lateRows: 0,
    unclassifiedRows: undefined,
    span: undefined,
    reached: undefined,
    last: false,
    ...answer,
  });
}

/** The list of a look-up. @throws {KnownError} `no_usable_answer` when there is none */
function listUsers(answer: unknown): readonly unknown[] {
  const users =
    typeof answer === 'object' && answer !== null
      ? (answer as Record<string, unknown>)[lookup.itemsKey]
      : undefined;
  if (!Array.isArray(users))
    throw new KnownError('no_usable_answer', {
      found: 'Zendesk answered the lookup of people without a list of users',
    });
  return users;
}

/** The people who can be read. @throws {KnownError} `records_unusable` when most cannot */
function readPeople(
  records: readonly unknown[],
  originalAt: (index: number) => Buffer,
): ReadPeople {
  const people: UserRow[] = [];
  const places: number[] = [];
  const quarantined: QuarantinedRecord[] = [];
  for (const [index, record] of records.entries()) {
    try {
      people.push(readUser(record));
      places.push(index);
    } catch (error) {
      quarantined.push(quarantineRecord(error, index + 1, originalAt(index), {}));
    }
  }
  refuseIfMost('users', quarantined, records.length);
  return {
    people,
    quarantined,
    quarantine(row, error) {
      const index = places[people.indexOf(row)] ?? 0;
      return quarantineRecord(explainRefusal(error), index + 1, originalAt(index), { id: row.id });
    },
  };
}
