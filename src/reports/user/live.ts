/** The same page from Zendesk now. */
import { refuseInput } from '../../errors.ts';
import { describeUnreadable, readEach } from '../../ingest/each-record.ts';
import { priorities } from '../../ingest/engine.ts';
import { auditLogs } from '../../streams/audit-logs.ts';
import { requestOf } from '../../streams/stream.ts';
import { lookup, readUser } from '../../streams/users.ts';
import { readPlainText } from '../../zendesk/exact-numbers.ts';
import { changeColumns, cleanTexts, type ChangeRow } from '../shared/changes.ts';
import { askObject, type LiveSource } from '../shared/live-source.ts';
import type { PersonRow } from '../shared/person-sql.ts';
import { describePerson, findPerson } from '../shared/person.ts';
import {
  auditFieldColumns,
  fieldNotes,
  rawColumns,
  type FieldChoice,
} from '../shared/record-fields.ts';
import {
  iterateRows,
  type ReportContent,
  type ReportDetail,
  type ReportRow,
  type ReportScope,
} from '../shared/report.ts';
import { createMomentFormat } from '../shared/time-zone.ts';
import { changesOnly, titleOf, type UserQuestion } from './question.ts';

/**
 * The same report as from the database, with details and activities as Zendesk gives them now; they are not stored. A name
 * or an e-mail address is looked up among the stored people; an id need not be stored.
 *
 * @throws {KnownError} `bad_input` when the text means nobody or more than one person, or Zendesk knows neither the user nor
 *   an activity
 */
export async function reportLiveUserActivity(
  scope: ReportScope,
  source: LiveSource,
  { user, last, fields }: UserQuestion,
): Promise<ReportContent> {
  const id = /^-?\d{1,18}$/.test(user) ? String(BigInt(user)) : (await findPerson(scope, user)).id;
  const { details, record, faults }: AskedPerson =
    Number(id) > 0 ? await askPerson(source, id) : { faults: [] };
  const { records, doubts } = await askChanges(source, id, last);
  const name = details?.name ?? textOf(records[0]?.row ?? {}, 'actor_name');
  const gaps = [...faults, ...doubts];
  if (details === undefined && records.length === 0 && gaps.length === 0)
    throw refuseInput([`Zendesk has no user ${id} in the account ${scope.account}.`]);
  const person = { id, name, details };
  const show = createMomentFormat(scope.timeZone);
  return {
    title: titleOf(person, last),
    details: fields === 'usual' ? describePerson(person) : describeFields(record ?? { id }, fields),
    ...(await describeRecords(scope, records, fields)),
    statement: {
      ...(fields === 'usual' ? {} : { notes: fieldNotes[fields] }),
      coverage: [`Read from Zendesk at ${show(scope.now)}; stored rows were not used.`],
      gaps: ['The log of Zendesk may not have the last few minutes yet.', ...gaps],
      limits: [...auditLogs.blindSpots, changesOnly],
    },
  };
}

/** What Zendesk says about a person. */
type AskedPerson = {
  readonly details?: PersonRow;
  /** The whole user, as Zendesk sent it. */
  readonly record?: Fields;
  /** Why the person is not known. */
  readonly faults: readonly string[];
};

type Fields = Readonly<Record<string, unknown>>;

async function askPerson(source: LiveSource, id: string): Promise<AskedPerson> {
  const { users } = await askObject(source, lookup.path, lookup.parameters([id]));
  const { read, unreadable } = readEach(Array.isArray(users) ? users : [], (record) => ({
    ...readUser(record),
    record: record as Fields,
  }));
  const found = read.find((user) => user.id === id);
  const fault = describeUnreadable(unreadable);
  if (found === undefined)
    return {
      faults: fault === undefined ? [] : [`Zendesk did not say who the user is: ${fault}.`],
    };
  const {
    time_zone: railsName,
    iana_time_zone: timeZone,
    custom_role_id: customRole,
    record,
    ...person
  } = found;
  const details = {
    ...person,
    custom_role_id: customRole === null ? null : String(customRole),
    departed_at: null,
    time_zone: timeZone ?? railsName,
    created_at: readMoment(person.created_at),
    updated_at: readMoment(person.updated_at),
    last_login_at: readMoment(person.last_login_at),
  };
  return { details, record, faults: [] };
}

/** Every field of the user, or the user as Zendesk sent it. */
function describeFields(record: Fields, fields: 'all' | 'raw'): ReportDetail[] {
  if (fields === 'raw')
    return [{ key: 'user', title: 'User', value: JSON.stringify(record), isRecord: true }];
  return Object.entries(record).map(([key, value]) => ({
    key,
    title: key,
    value:
      value === null || typeof value === 'boolean'
        ? value
        : (readPlainText(value) ?? JSON.stringify(value)),
  }));
}

function readMoment(text: string | null): Date | null {
  return text === null ? null : new Date(text);
}

/** A record of the audit log: parsed, and as Zendesk sent it. */
type AskedRecord = ReturnType<typeof auditLogs.read> & { readonly record: unknown };

/** The newest changes by an actor (contract 1.1: `filter[actor_id]`, newest first), and what is missing among them. */
async function askChanges(
  source: LiveSource,
  id: string,
  last: number,
): Promise<{ readonly records: readonly AskedRecord[]; readonly doubts: readonly string[] }> {
  const { read, unreadable } = readEach(await askRecords(source, id, last), (record) => ({
    ...auditLogs.read(record),
    record,
  }));
  // If Zendesk ignores the filter, the answer has changes by others.
  const own = read.filter(({ row }) => textOf(row, 'actor_id') === id);
  const fault = describeUnreadable(unreadable);
  const doubts = [
    ...(own.length === read.length
      ? []
      : [
          'Zendesk also sent activities of other users. They are left out, so some activities may be missing.',
        ]),
    ...(fault === undefined ? [] : [`Of the activities that Zendesk sent, ${fault}.`]),
  ];
  // Pages may overlap.
  const records = [...new Map(own.map((each) => [each.id, each])).values()].slice(0, last);
  return { records, doubts };
}

async function describeRecords(
  { db }: ReportScope,
  records: readonly AskedRecord[],
  fields: FieldChoice,
): Promise<Pick<ReportContent, 'columns' | 'rows'>> {
  if (fields === 'raw')
    return {
      columns: rawColumns,
      rows: iterateRows(records.map(({ record }) => ({ record: JSON.stringify(record) }))),
    };
  if (fields === 'all')
    return {
      columns: auditFieldColumns,
      rows: iterateRows(records.map(({ timeMs, row }) => listFields(timeMs, row))),
    };
  const descriptions = await cleanTexts(
    db,
    records.map(({ row }) => textOf(row, 'change_description')),
  );
  const rows = records.map(({ id, timeMs, row }, index): ChangeRow => ({
    time: new Date(timeMs),
    person: textOf(row, 'actor_name'),
    source_label: textOf(row, 'source_label'),
    change_description: descriptions[index] ?? null,
    action: textOf(row, 'action'),
    source_type: textOf(row, 'source_type'),
    actor_id: textOf(row, 'actor_id'),
    ip_address: textOf(row, 'ip_address'),
    source_id: textOf(row, 'source_id'),
    id,
  }));
  return { columns: changeColumns, rows: iterateRows(rows) };
}

function listFields(timeMs: number, row: object): ReportRow {
  const { extra } = row as { readonly extra: unknown };
  return {
    ...Object.fromEntries(auditFieldColumns.map(({ key }) => [key, textOf(row, key)])),
    created_at: new Date(timeMs),
    extra: extra === null ? null : JSON.stringify(extra),
  };
}

/** At least the wanted number of records, if there are enough; a page without records ends the walk. */
async function askRecords(
  { zendesk, signal }: LiveSource,
  id: string,
  last: number,
): Promise<readonly unknown[]> {
  const records: unknown[] = [];
  let cursor: string | undefined;
  do {
    const page = await zendesk.readPage(
      {
        priority: priorities.listing,
        ...requestOf(auditLogs),
        parameters: [
          ['sort', '-created_at'],
          ['filter[actor_id]', id],
        ],
        pageSize: Math.min(auditLogs.source.pageSize, last),
        cursor,
      },
      signal,
    );
    if (page.records.length === 0) break;
    records.push(...page.records);
    cursor = page.nextCursor;
  } while (cursor !== undefined && records.length < last);
  return records;
}

function textOf(row: object, key: string): string | null {
  const value: unknown = (row as Record<string, unknown>)[key];
  return readPlainText(value) ?? null;
}
