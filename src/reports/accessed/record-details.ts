/** What Zendesk says now about the tickets and users in a report, in addition to the stored rows. */
import { KnownError, refuseInput } from '../../errors.ts';
import { lookup as userLookup } from '../../streams/users.ts';
import { readPlainText } from '../../zendesk/exact-numbers.ts';
import type { ReportColumn, ReportRow } from '../shared/report.ts';
import { inBlocks, rememberLookups, type FindMany } from './record-lookup.ts';

/** Requests one object from Zendesk: path below the origin, and parameters. */
export type AskZendesk = (
  path: string,
  parameters: readonly (readonly [string, string])[],
) => Promise<Readonly<Record<string, unknown>>>;

/** What Zendesk knows about the resources of one type: columns, and their values for each of the given ids. */
type RecordDetails = {
  readonly columns: readonly ReportColumn[];
  readonly find: (ids: readonly string[]) => Promise<(id: string) => ReportRow>;
};

/** The meaning of the column `record`. */
export const recordWords =
  'Details are as Zendesk shows them now. In the column Record, "gone" means that Zendesk no longer has the record, or does not show it to the user of these credentials; "deleted" means that Zendesk still says who it was.';

/** How many records Zendesk shows in one answer (contract 5.2, 5.4). */
const batch = 100;
/** Records kept in memory: a few megabytes. */
const capacity = 20_000;
/** How many rows are looked up together. */
const blockRows = 1000;

const recordColumn: ReportColumn = { key: 'record', title: 'Record' };

/**
 * The details that Zendesk has of resources of a type.
 *
 * @throws {KnownError} `bad_input` for types other than ticket and user
 */
export function createRecordDetails(type: string, ask: AskZendesk): RecordDetails {
  if (type === 'ticket') return describeTickets(ask);
  if (type === 'user') return describeUsers(ask);
  throw refuseInput([
    `--details works only for tickets and users, not for the type ${type}. Leave out --details.`,
  ]);
}

/** Adds the details to rows as they are read; `resource_id` says which resource. */
export async function* addRecordDetails(
  rows: AsyncIterable<ReportRow>,
  details: RecordDetails,
): AsyncGenerator<ReportRow, void, undefined> {
  for await (const block of inBlocks(rows, blockRows)) {
    const describe = await details.find(block.map(idOf));
    for (const row of block) yield { ...row, ...describe(idOf(row)) };
  }
}

function idOf(row: ReportRow): string {
  const id = row['resource_id'];
  return typeof id === 'string' ? id : '';
}

type Ticket = { readonly subject: string | null; readonly requester: string | null };
type Person = {
  readonly name: string | null;
  readonly email: string | null;
  readonly active: boolean;
};

function describeTickets(ask: AskZendesk): RecordDetails {
  const findTickets = findBy<Ticket>(ask, 'tickets', '/api/v2/tickets/show_many', {
    parameters: (ids) => [['ids', ids.join(',')]],
    read: (record) => ({
      subject: readText(record['subject']),
      requester: readId(record['requester_id']),
    }),
  });
  const findRequesters = findPeople(ask);
  return {
    columns: [
      { key: 'ticket_subject', title: 'Subject' },
      recordColumn,
      { key: 'requester_name', title: 'Requester', isOptional: true },
      { key: 'requester_id', title: 'Requester id', isOptional: true },
    ],
    async find(ids) {
      const tickets = await findTickets(ids);
      const requesters = await findRequesters(
        [...tickets.values()].flatMap(({ requester }) => requester ?? []),
      );
      return (id) => {
        const ticket = tickets.get(id);
        const requester = ticket?.requester ?? null;
        return {
          ticket_subject: ticket?.subject ?? null,
          requester_name: requester === null ? null : (requesters.get(requester)?.name ?? null),
          record: ticket === undefined ? nameMissing(id) : 'found',
          requester_id: requester,
        };
      };
    },
  };
}

function describeUsers(ask: AskZendesk): RecordDetails {
  const find = findPeople(ask);
  return {
    columns: [
      { key: 'user_name', title: 'User' },
      recordColumn,
      { key: 'user_email', title: 'E-mail', isOptional: true },
    ],
    async find(ids) {
      const people = await find(ids);
      return (id) => {
        const person = people.get(id);
        return {
          user_name: person?.name ?? null,
          user_email: person?.email ?? null,
          record: person === undefined ? nameMissing(id) : person.active ? 'found' : 'deleted',
        };
      };
    },
  };
}

function findPeople(ask: AskZendesk): FindMany<Person> {
  return findBy<Person>(ask, userLookup.itemsKey, userLookup.path, {
    parameters: userLookup.parameters,
    read: (record) => ({
      name: readText(record['name']),
      email: readText(record['email']),
      active: record['active'] !== false,
    }),
  });
}

function findBy<Found>(
  ask: AskZendesk,
  itemsKey: string,
  path: string,
  {
    parameters,
    read,
  }: {
    readonly parameters: (ids: readonly string[]) => readonly (readonly [string, string])[];
    readonly read: (record: Record<string, unknown>) => Found;
  },
): FindMany<Found> {
  const remembered = rememberLookups<Found>(
    async (ids) => {
      const found = new Map<string, Found>();
      for (const record of readList(await ask(path, parameters(ids)), itemsKey)) {
        const id = readId(record['id']);
        if (id !== null) found.set(id, read(record));
      }
      return found;
    },
    { batch, capacity },
  );
  return (ids) => remembered(ids.filter(isRecordId));
}

/** Anything else, such as a placeholder in a url, is not an id. */
function isRecordId(id: string): boolean {
  return /^\d{1,18}$/.test(id);
}

function nameMissing(id: string): string | null {
  return isRecordId(id) ? 'gone' : null;
}

function readList(
  answer: Readonly<Record<string, unknown>>,
  itemsKey: string,
): Record<string, unknown>[] {
  const list = answer[itemsKey];
  if (!Array.isArray(list))
    throw new KnownError('no_usable_answer', {
      found: `Zendesk answered the lookup of ${itemsKey} without a list of ${itemsKey}`,
    });
  return list.filter(
    (record): record is Record<string, unknown> => typeof record === 'object' && record !== null,
  );
}

function readText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

function readId(value: unknown): string | null {
  const text = readPlainText(value);
  return typeof text === 'string' && /^\d+$/.test(text) ? text : null;
}
