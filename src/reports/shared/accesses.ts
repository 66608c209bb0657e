/**
 * What the reports about the access log share. In the pieces of SQL `r` is zendesk.access_log_resources, `l` the
 * request in zendesk.access_logs, $1 the account, $2 and $3 the span: from (included) and to (not included).
 */

/** Requests of an account within `[from, to)`. */
export type AccessSpan = { readonly account: string; readonly from: Date; readonly to: Date };

/** The outcome of a request: `denied` is 401, 403 or 404, `failed` any other error; neither showed or changed anything. */
export type AccessOutcome = 'ok' | 'denied' | 'failed';

/** The meaning of the column `outcome`. */
export const outcomeWords =
  'The outcome "ok" means shown or done; "denied" (401, 403, 404) and "failed" (any other error) mean not.';

/** The values of $1, $2 and $3. */
export function spanValues({ account, from, to }: AccessSpan): unknown[] {
  return [account, from, to];
}

/** The rows of `r` in the span with their requests. With conditions on both, Postgres can skip other months. */
export const resourcesWithRequests = `zendesk.access_log_resources r
  left join zendesk.access_logs l
    on l.account = r.account and l.timestamp = r.timestamp and l.id = r.access_log_id
    and l.timestamp >= $2 and l.timestamp < $3`;

/** The rows of `r` in the span. */
export const withinSpan = `r.account = $1 and r.timestamp >= $2 and r.timestamp < $3`;

/** An `AccessOutcome`. A request without a status counts as answered: better one too many than one too few. */
export const outcome = `case when zendesk.is_denied(r.status) then 'denied' when r.status >= 400 then 'failed' else 'ok' end`;

/** True for a request of a program: of a user who is listed as a program, or of this program itself when it pulls. */
export const byProgram = `(
  coalesce(r.user_id in (select s.user_id from zendesk.service_accounts s where s.account = $1), false)
  or zendesk.is_own_request(l.client, l.url)
)`;

/** Requests for the same resource belong to one visit as long as no more than this time is between two of them. */
export const visitGap = `interval '30 minutes'`;
