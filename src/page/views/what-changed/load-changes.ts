/** The changes that the view shows, newest first. */
import type { Queryable } from '../../../database/client.ts';
import { selectChanges } from '../../../reports/log/condition.ts';
import type { ReportScope, ReportStatement } from '../../../reports/shared/report.ts';
import { explainUnknownTypes } from '../../../reports/shared/source-types.ts';
import { describeCoverage } from '../../../reports/shared/statement.ts';
import { findPeople } from '../../../reports/shared/with-archive.ts';
import { auditLogs } from '../../../streams/audit-logs.ts';
import { readPart } from '../../report-answer.ts';
import type { ChangePlace, ChangesQuestion } from './question.ts';

/** A change for people. What people typed into a ticket is null for somebody who may not see it. */
type Change = {
  readonly id: string;
  readonly time: Date;
  readonly actor_id: string | null;
  readonly actor_name: string | null;
  readonly action: string | null;
  readonly source_type: string | null;
  readonly source_id: string | null;
  /** As Zendesk gave it, to ask for the history of the thing. */
  readonly source_label: string | null;
  /** As people read it. */
  readonly label: string | null;
  readonly description: string | null;
  readonly property: string | null;
  readonly old_value: string | null;
  readonly new_value: string | null;
  readonly ip_address: string | null;
  /** Which history the change is a part of. */
  readonly history: 'setting' | 'role' | null;
};

/** Some of the changes. */
type Changes = {
  readonly from: Date;
  readonly to: Date;
  readonly changes: readonly Change[];
  /** Where the next ones begin; undefined if there are none. */
  readonly next: string | undefined;
  readonly statement: ReportStatement;
};

const shownRows = 50;

/** Loads the changes after a place. @throws {KnownError} `bad_input` for an unknown actor */
export async function loadChanges(
  db: Queryable,
  scope: Omit<ReportScope, 'db'>,
  question: ChangesQuestion,
  after: ChangePlace | undefined,
): Promise<Changes> {
  const { account } = scope;
  const { span, sourceTypes } = question;
  const asked = { ...scope, db: readPart(db, 0) };
  const texts = question.actor === undefined ? [] : [question.actor];
  const { people, scope: readable } = await findPeople(asked, auditLogs, span, texts);
  const [actor] = people;
  const statement = await describeCoverage(readable, { log: auditLogs, ...span });
  const unknown = await explainUnknownTypes(readable.db, account, sourceTypes);
  const rows = await readPage(readable.db, account, question, { actorId: actor?.id, after });
  const changes = rows.slice(0, shownRows);
  const last = rows.length > shownRows ? changes.at(-1) : undefined;
  return {
    ...span,
    changes,
    next: last === undefined ? undefined : `${last.time.toISOString()}~${last.id}`,
    statement: {
      ...statement,
      coverage: [...statement.coverage, ...unknown],
      notes: actor?.remarks ?? [],
    },
  };
}

/** First the keys, by the index of time; then what is worked out of the text of these few. */
function readPage(
  db: Queryable,
  account: string,
  question: ChangesQuestion,
  {
    actorId,
    after,
  }: { readonly actorId?: string | undefined; readonly after?: ChangePlace | undefined },
): Promise<Change[]> {
  const { condition, values } = selectChanges(account, question, actorId);
  const bound = [...values];
  const bind = (value: unknown): string => `$${bound.push(value)}`;
  const [time, id] = [bind(after?.time ?? null), bind(after?.id ?? null)];
  const isShown = `not (${bind(question.withholdsTickets === true)}::boolean and zendesk_sync.is_of_ticket(e.source_type))`;
  const shown = (column: string): string => `case when ${isShown} then e.${column} end`;
  return db.query<Change>(
    `with keys as materialized (
       select a.created_at, a.id
       from zendesk.audit_logs a
       where ${condition}
         and (${time}::timestamptz is null or (a.created_at, a.id) < (${time}::timestamptz, ${id}::bigint))
       order by a.created_at desc, a.id desc
       limit ${bind(shownRows + 1)}
     )
     select e.id::text as id, e.created_at as time, e.actor_id::text as actor_id, e.actor_name, e.action,
       e.source_type, e.source_id::text as source_id, ${shown('source_label')} as source_label,
       case when ${isShown} then zendesk.clean_text(e.source_label) end as label, ${shown('description')} as description,
       ${shown('property')} as property, ${shown('old_value')} as old_value, ${shown('new_value')} as new_value,
       host(e.ip_address) as ip_address,
       case
         when e.source_type in ('account', 'account_setting', 'user_setting') or e.source_type like 'zendesk/business\\_hours/%' then 'setting'
         when e.source_type = 'user' and e.action = 'update' and e.description ~* '\\mrole changed from ' then 'role'
       end as history
     from keys k
     join zendesk.audit_events e on e.account = $1 and e.created_at = k.created_at and e.id = k.id
     order by e.created_at desc, e.id desc`,
    bound,
  );
}
