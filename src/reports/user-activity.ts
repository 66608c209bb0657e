/** Who a user is and what they did last, from the database. */
import {
  loadFormerStates,
  loadListedAt,
  readLastChanges,
} from '../database/reports/user-activity.ts';
import { changeColumns } from './changes.ts';
import { describePerson, findPerson, type Person } from './person.ts';
import type { ReportContent, ReportDetail, ReportScope } from './report.ts';
import { describeCoverage } from './statement.ts';
import { createMomentFormat } from './time-zone.ts';

/** Where else to look: not every act is a change. */
export const changesOnly =
  'Activities are changes and sign-ins; what a user has only looked at is in the access log.';

/** The details of the user that a text means, and their last activities in the audit log, newest first. */
export async function reportUserActivity(
  scope: ReportScope,
  { user, last }: { user: string; last: number },
): Promise<ReportContent> {
  const { db, account, now } = scope;
  const person = await findPerson(scope, user);
  const statement = await describeCoverage(scope, {
    stream: 'audit_logs',
    from: undefined,
    to: now,
  });
  const listedAt = await loadListedAt(db, account);
  return {
    title: titleOf(person, last),
    details: [
      ...describePerson(person),
      ...(await describeFormer(scope, person)),
      { key: 'as_of', title: 'As of', value: person.details === undefined ? null : listedAt },
    ],
    columns: changeColumns,
    rows: readLastChanges(db, account, person.id, last),
    statement: { ...statement, limits: [...statement.limits, changesOnly] },
  };
}

/** The title of a report about a user's activities. */
export function titleOf({ id, name }: Pick<Person, 'id' | 'name'>, last: number): string {
  return `${name ?? 'User'} (${id}): ${last === 1 ? 'the last activity' : `the last ${last} activities`}`;
}

async function describeFormer(
  { db, account, timeZone }: ReportScope,
  { id }: Person,
): Promise<ReportDetail[]> {
  const show = createMomentFormat(timeZone);
  const states = await loadFormerStates(db, account, id);
  if (states.length === 0) return [];
  const texts = states.map(
    ({ name, email, role, until }) =>
      `${[name, email, role].filter(Boolean).join(', ')} (until ${show(until)})`,
  );
  return [{ key: 'formerly', title: 'Formerly', value: texts.join('; ') }];
}
