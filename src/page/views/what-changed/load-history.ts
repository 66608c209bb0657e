/** The history of one setting, or of the roles of one person, as spans of time. */
import type { Queryable } from '../../../database/client.ts';
import { refuseInput } from '../../../errors.ts';
import type { ReportScope } from '../../../reports/shared/report.ts';
import { everSpan, withArchive } from '../../../reports/shared/with-archive.ts';
import { auditLogs } from '../../../streams/audit-logs.ts';
import { readPart } from '../../report-answer.ts';
import type { Asked } from '../../question.ts';

/** The value of a property, or the role in a product, during a time. */
type HistorySpan = {
  /** What has the value: a property such as Owner, or a product such as Guide. */
  readonly lane: string;
  readonly name: string | null;
  readonly old_value: string | null;
  readonly new_value: string | null;
  readonly description: string | null;
  readonly valid_from: Date;
  /** Null: until now. */
  readonly valid_until: Date | null;
  readonly actor_id: string | null;
  readonly actor_name: string | null;
  readonly id: string;
};

/** The setting or person that is meant. */
type HistoryQuestion =
  | {
      readonly of: 'setting';
      readonly type: string;
      /** Null for settings without one. */
      readonly thing: string | null;
      readonly label: string;
    }
  | { readonly of: 'role'; readonly user: string };

/** The newest spans, oldest first. */
type History = { readonly spans: readonly HistorySpan[]; readonly isWhole: boolean };

const mostSpans = 500;
const id = /^-?\d{1,18}$/;

/** @throws {KnownError} `bad_input` for parameters of another form */
export function readHistoryQuestion({ parameters }: Asked): HistoryQuestion {
  const [of, type = '', thing = '', label = ''] = ['of', 'type', 'thing', 'label'].map(
    (name) => parameters.get(name) ?? '',
  );
  if (of === 'role' && id.test(thing)) return { of, user: thing };
  if (of === 'setting' && type !== '' && (thing === '' || id.test(thing)))
    return { of, type, thing: thing === '' ? null : thing, label };
  throw refuseInput([
    'The history is of a setting, by type, thing and label, or of a role, by thing.',
  ]);
}

/** Loads the history, of all time. */
export async function loadHistory(
  db: Queryable,
  scope: Omit<ReportScope, 'db'>,
  question: HistoryQuestion,
): Promise<History> {
  const asked = { ...scope, db: readPart(db, 0) };
  const { account, db: whole } =
    question.of === 'role'
      ? await withArchive(asked, auditLogs, everSpan, [question.user])
      : await withArchive(asked, auditLogs, everSpan, undefined, { fits: isOfType(question.type) });
  const rows = await (question.of === 'role'
    ? loadRoles(whole, account, question.user)
    : loadSetting(whole, account, question));
  return { spans: rows.slice(0, mostSpans).toReversed(), isWhole: rows.length <= mostSpans };
}

/** Settings have no id that could be looked for: their type is. */
function isOfType(type: string): (row: { readonly values: readonly (string | null)[] }) => boolean {
  const place = auditLogs.table.columns.indexOf('source_type');
  return ({ values }) => values[place] === type;
}

function loadSetting(
  db: Queryable,
  account: string,
  { type, thing, label }: Extract<HistoryQuestion, { readonly of: 'setting' }>,
): Promise<HistorySpan[]> {
  return db.query<HistorySpan>(
    `select coalesce(h.property, '') as lane, zendesk.clean_text(h.setting) as name, h.old_value, h.new_value, h.description,
       h.valid_from, h.valid_until, h.actor_id::text as actor_id, h.actor_name, h.audit_log_id::text as id
     from zendesk.setting_history h
     where h.account = $1 and h.source_type = $2 and h.source_id is not distinct from $3::bigint
       and h.setting is not distinct from $4
     order by h.valid_from desc, h.audit_log_id desc
     limit $5`,
    [account, type, thing, label === '' ? null : label, mostSpans + 1],
  );
}

function loadRoles(db: Queryable, account: string, user: string): Promise<HistorySpan[]> {
  return db.query<HistorySpan>(
    `select h.product as lane, h.user_name as name, h.old_role as old_value, h.new_role as new_value, null as description,
       h.valid_from, h.valid_until, h.actor_id::text as actor_id, h.actor_name, h.audit_log_id::text as id
     from zendesk.user_role_history h
     where h.account = $1 and h.user_id = $2::bigint
     order by h.valid_from desc, h.audit_log_id desc, h.product
     limit $3`,
    [account, user, mostSpans + 1],
  );
}
