/** The page of the report from the database: details of the user, then one line for each activity. */
import { auditLogs } from '../../streams/audit-logs.ts';
import { readChanges } from '../shared/changes.ts';
import { describePerson, type Person } from '../shared/person.ts';
import { fieldNotes } from '../shared/record-fields.ts';
import {
  addNotes,
  type ReportContent,
  type ReportDetail,
  type ReportScope,
} from '../shared/report.ts';
import { describeCoverage } from '../shared/statement.ts';
import { createMomentFormat } from '../shared/time-zone.ts';
import { changesOnly, titleOf, type UserQuestion } from './question.ts';
import { findPeople } from '../shared/with-archive.ts';
import { loadFormerStates, loadListedAt } from './sql.ts';

/** The details of the user that a text means, and their last activities in the audit log, newest first. */
export async function reportUserActivity(
  asked: ReportScope,
  { user, last, fields }: UserQuestion,
): Promise<ReportContent> {
  const { now } = asked;
  const span = { from: new Date(0), to: now };
  const { people, scope } = await findPeople(asked, auditLogs, span, [user]);
  const [person] = people;
  if (person === undefined) throw new Error('A text that means nobody is refused.');
  const { db, account } = scope;
  const statement = await describeCoverage(scope, {
    log: auditLogs,
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
    ...readChanges(
      db,
      fields,
      `where a.account = $1 and a.actor_id = $2
     order by a.created_at desc, a.id desc
     limit $3`,
      [account, person.id, last],
    ),
    statement: addNotes({ ...statement, limits: [...statement.limits, changesOnly] }, [
      ...fieldNotes[fields],
      ...(person.remarks ?? []),
    ]),
  };
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
  return [{ key: 'formerly', title: 'Previously', value: texts.join('; ') }];
}
