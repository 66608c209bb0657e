/** Which person a text means, and what is known about them. */
import { refuseInput } from '../../errors.ts';
import {
  findActors,
  findFormerHolders,
  findPeople,
  findSimilarPeople,
  type PersonRow,
} from './person-sql.ts';
import type { ReportDetail, ReportScope } from './report.ts';
import { blankControls } from './text.ts';
import { createMomentFormat } from './time-zone.ts';

/** The largest number of people that a sentence names. */
const named = 10;

/** A person who acts in a log; `details` are null if Zendesk does not describe them. */
export type Person = {
  readonly id: string;
  readonly name: string | null;
  readonly details: PersonRow | undefined;
  /** Who else may be meant, one sentence each. */
  readonly remarks?: readonly string[];
};

/**
 * The one person that a text means: an id, a current or previous e-mail address or name.
 *
 * @throws {KnownError} `bad_input` when the text means nobody or more than one person, with the candidates
 */
export async function findPerson(
  { db, account, timeZone }: Pick<ReportScope, 'db' | 'account' | 'timeZone'>,
  text: string,
): Promise<Person> {
  const people = await findPeople(db, account, text);
  const candidates: Person[] =
    people.length > 0
      ? people.map((details) => ({ id: details.id, name: details.name, details }))
      : (await findActors(db, account, text)).map((actor) => ({ ...actor, details: undefined }));
  const [first, ...others] = candidates;
  if (first !== undefined && others.length === 0) {
    const former = await findFormerHolders(db, account, text, first.id);
    const show = createMomentFormat(timeZone);
    const remarks = former.map(
      ({ id, name, until }) =>
        `"${text}" is understood as ${first.name ?? 'user'} (${first.id}); until ${show(until)} it was also a name or an address of ${name ?? 'user'} (${id}).`,
    );
    return { ...first, remarks };
  }
  if (first !== undefined)
    throw refuseInput([
      `"${text}" matches ${candidates.length} users: ${listPeople(candidates)}. Choose one by id.`,
    ]);
  const similar = await findSimilarPeople(db, account, text);
  throw refuseInput([
    similar.length === 0
      ? `No user "${text}" is stored for the account ${account}. Use an id, an e-mail address or a full name.`
      : `No user "${text}" is stored for the account ${account}. Similar users are ${listPeople(similar)}. Choose one by id.`,
  ]);
}

function listPeople(
  people: readonly {
    id: string;
    name: string | null;
    email?: string | null;
    details?: PersonRow | undefined;
  }[],
): string {
  const shown = people.slice(0, named).map((person) => {
    const email = person.email ?? person.details?.email;
    const words = [person.name ?? 'without a name', email].filter(Boolean).join(', ');
    return `${person.id} (${blankControls(words)})`;
  });
  const rest = people.length - shown.length;
  return [...shown, ...(rest > 0 ? [`and ${rest} more`] : [])].join(', ');
}

const roleTypes = [
  'custom role',
  'light agent',
  'chat agent',
  'chat contributor',
  'admin',
  'billing admin',
];

/** What is known about a person, as the lines above a report. */
export function describePerson({ id, name, details }: Person): ReportDetail[] {
  const always: ReportDetail[] = [
    { key: 'id', title: 'Id', value: id },
    { key: 'name', title: 'Name', value: name },
  ];
  if (details === undefined) return always;
  const { role_type: roleType } = details;
  return [
    ...always,
    { key: 'email', title: 'E-mail', value: details.email },
    { key: 'role', title: 'Role', value: details.role },
    {
      key: 'role_type',
      title: 'Role type',
      value: roleType === null ? null : (roleTypes[roleType] ?? String(roleType)),
    },
    { key: 'custom_role_id', title: 'Custom role id', value: details.custom_role_id },
    { key: 'team_member', title: 'Team member', value: details.team_member },
    { key: 'departed_at', title: 'Departed', value: details.departed_at },
    { key: 'active', title: 'Active', value: details.active },
    { key: 'suspended', title: 'Suspended', value: details.suspended },
    { key: 'time_zone', title: 'Time zone', value: details.time_zone },
    { key: 'locale', title: 'Locale', value: details.locale },
    { key: 'created_at', title: 'Created', value: details.created_at },
    { key: 'updated_at', title: 'Updated', value: details.updated_at },
    { key: 'last_login_at', title: 'Last login', value: details.last_login_at },
  ];
}
