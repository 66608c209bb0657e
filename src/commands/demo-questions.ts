import type { Database } from '../database/client.ts';
import { formatMoment, renderTable } from './report.ts';

/** Four columns then fit in 80 characters. */
const widestCell = 20;

type Question = { readonly text: string; readonly sql: string };

/** A few of the questions that people keep these logs for. */
const questions: readonly Question[] = [
  {
    text: 'Which settings were changed last, and by whom?',
    sql: `select created_at as "When", actor_name as "Who", source_label as "What", change_description as "Change"
      from zendesk.audit_logs
      where account = $1 and source_type = 'account_setting'
      order by created_at desc limit 3`,
  },
  {
    text: 'Who opened the most tickets in the last seven days?',
    sql: `select u.name as "Who", u.role as "Role", count(distinct ticket) as "Tickets", count(*) as "Requests"
      from zendesk.access_logs l
      cross join lateral substring(l.url from '^/api/v2/tickets/(\\d+)') as ticket
      left join zendesk.users u on u.account = l.account and u.id = l.user_id
      where l.account = $1 and l.timestamp > now() - interval '7 days' and ticket is not null
      group by u.name, u.role
      order by 3 desc limit 3`,
  },
  {
    text: 'Who has left the team, and when was it noticed?',
    sql: `select name as "Who", role as "Last role", departed_at as "Noticed", last_login_at as "Last sign-in"
      from zendesk.users
      where account = $1 and (departed_at is not null or not active)
      order by departed_at desc nulls last, id limit 3`,
  },
];

/** Asks the questions and renders each with its answer. */
export async function answerExamples(db: Database, account: string): Promise<string> {
  const answers = [];
  for (const { text, sql } of questions) {
    const rows = await db.query<Record<string, unknown>>(sql, [account]);
    const head = Object.keys(rows[0] ?? { 'No rows': '' });
    const body = rows.map((row) => head.map((name) => formatCell(row[name])));
    answers.push(`\n${text}\n${renderTable(head, body)}`);
  }
  return `${answers.join('\n')}\n`;
}

function formatCell(value: unknown): string {
  if (value instanceof Date) return formatMoment(value);
  if (typeof value !== 'string' && typeof value !== 'number') return '';
  const text = String(value).replaceAll(/\s+/g, ' ');
  return text.length > widestCell ? `${text.slice(0, widestCell - 1)}…` : text;
}
