/** What the demo shows of the pulled rows: the first rows, and a few typical questions about these logs. */
import type { Database } from '../../database/client.ts';
import { formatRow, layOut } from '../terminal/table.ts';
import { formatMoment } from '../terminal/words.ts';

type Row = Readonly<Record<string, unknown>>;

/** The newest requests, as a table. `room`: the width of the terminal; undefined: nothing is cut. */
export async function showNewest(db: Database, room: number | undefined): Promise<string> {
  return renderRows(await db.query<Row>(newest), room);
}

const newest = `select l.timestamp as "When", l.user_id::text as "User", l.status as "Status", l.method || ' ' || l.url as "Request"
  from zendesk.access_logs l
  order by l.timestamp desc, l.id desc limit 5`;

type Question = { readonly text: string; readonly sql: string };

const questions: readonly Question[] = [
  {
    text: 'Which settings were changed last, and by whom?',
    sql: `select created_at as "When", actor_name as "Who", source_label as "What", change_description as "Change"
      from zendesk.audit_logs
      where source_type = 'account_setting'
      order by created_at desc limit 3`,
  },
  {
    text: 'Who opened the most tickets in the last seven days?',
    sql: `select u.name as "Who", u.role as "Role", count(distinct r.resource_id) as "Tickets", count(*) as "Requests"
      from zendesk.access_log_resources r
      join zendesk.users u on u.account = r.account and u.id = r.user_id
      where r.timestamp > now() - interval '168 hours' and r.resource_type = 'ticket' and r.kind = 'view'
        and not zendesk.is_denied(r.status)
      group by u.id, u.name, u.role
      order by 3 desc, u.id limit 3`,
  },
  {
    text: 'Who has left the team, and when was it noticed?',
    sql: `select name as "Who", role as "Last role", departed_at as "Noticed", last_login_at as "Last sign-in"
      from zendesk.users
      where departed_at is not null or not active
      order by departed_at desc nulls last, id limit 3`,
  },
];

/** Asks the questions and renders each with its answer. */
export async function answerQuestions(db: Database, room: number | undefined): Promise<string> {
  const answers = [];
  for (const { text, sql } of questions)
    answers.push(`\n${text}\n${renderRows(await db.query<Row>(sql), room)}`);
  return `${answers.join('\n')}\n`;
}

function renderRows(rows: readonly Row[], room: number | undefined): string {
  const head = Object.keys(rows[0] ?? { 'No rows': '' });
  const body = rows.map((row) => head.map((name) => formatCell(row[name])));
  const columns = head.map((title) =>
    rows[0]?.[title] instanceof Date ? { title, isTime: true as const } : { title },
  );
  const layout = layOut(columns, body, room);
  return [head, ...body].flatMap((cells) => formatRow(cells, layout)).join('\n');
}

function formatCell(value: unknown): string {
  if (value instanceof Date) return formatMoment(value);
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  return String(value).replaceAll(/\s+/g, ' ');
}
