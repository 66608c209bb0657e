/** The visits that the view shows, and what they rest on. */
import type { Queryable } from '../../../database/client.ts';
import type { ReportScope } from '../../../reports/shared/report.ts';
import type { Role } from '../../question.ts';
import { answerWith, readPart, type ReportAnswer } from '../../report-answer.ts';
import { reportVisits, type VisitsQuestion } from './visits.ts';

/** Some of the visits. */
type Visits = ReportAnswer & {
  readonly from: Date;
  readonly to: Date;
  /** Names of the people who are looked up or among the resources, by id. */
  readonly names: Readonly<Record<string, string>>;
};

/** Loads the visits after the first `offset`. @throws {KnownError} `bad_input` as the reports do */
export async function loadVisits(
  db: Queryable,
  scope: Omit<ReportScope, 'db'>,
  question: VisitsQuestion,
  { role, offset }: { readonly role: Role; readonly offset: number },
): Promise<Visits> {
  const report = await reportVisits({ ...scope, db: readPart(db, offset) }, question, role);
  const answer = await answerWith(report, offset);
  const { kind, id: wanted } = question;
  const people = answer.rows.flatMap(({ resource_type: type, resource_id: id }) =>
    type === 'user' && typeof id === 'string' && /^\d{1,18}$/.test(id) ? [id] : [],
  );
  if (kind === 'person' || kind === 'agent') people.push(wanted);
  const names = await loadNames(db, scope.account, people);
  return { ...answer, ...question.span, names };
}

/** Names of people, of all with one statement. */
async function loadNames(
  db: Queryable,
  account: string,
  ids: readonly string[],
): Promise<Readonly<Record<string, string>>> {
  if (ids.length === 0) return {};
  const rows = await db.query<{ id: string; name: string }>(
    `select id::text as id, name from zendesk.users
     where account = $1 and id = any ($2::bigint[]) and name is not null`,
    [account, [...new Set(ids)]],
  );
  return Object.fromEntries(rows.map(({ id, name }) => [id, name]));
}
