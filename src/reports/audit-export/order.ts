/** How to request Zendesk's own CSV. */
import { hasCode, KnownError } from '../../errors.ts';
import { priorities } from '../../ingest/engine.ts';
import { toSeconds } from '../../span.ts';
import { auditLogs } from '../../streams/audit-logs.ts';
import { formatMoment } from '../../streams/stream.ts';
import type { OrderAnswer } from '../../zendesk/answer.ts';
import type { LiveSource } from '../shared/live-source.ts';
import { findPerson } from '../shared/person.ts';
import type { ReportScope } from '../shared/report.ts';
import type { ExportFilters } from './question.ts';

type Parameters = readonly (readonly [string, string])[];

/** Reading the audit log needs fewer permissions than letting Zendesk send it (contract 3). */
const needs = {
  ...auditLogs.needs,
  name: 'The export of the audit log',
  entitlement: `${auditLogs.needs.entitlement}, and an OAuth token needs the scope write`,
  wayOut: `${auditLogs.needs.wayOut}; set ZENDESK_OAUTH_SCOPE to "read write" if you use an OAuth client`,
};

/** The filters as parameters. @throws {KnownError} `bad_input` for an unknown actor */
export async function listParameters(
  scope: ReportScope,
  { span, actor, actions, sourceType, sourceId, ipAddress }: ExportFilters,
): Promise<Parameters> {
  const actorId =
    actor === undefined || /^-?\d{1,18}$/.test(actor) ? actor : (await findPerson(scope, actor)).id;
  return [
    ...(span === undefined
      ? []
      : [span.from, span.to].map(
          (moment) => ['filter[created_at][]', formatMoment(toSeconds(moment))] as const,
        )),
    ...one('filter[actor_id]', actorId),
    ...actions.map((action) => ['filter[action][]', action] as const),
    ...one('filter[source_type]', sourceType),
    ...one('filter[source_id]', sourceId),
    ...one('filter[ip_address]', ipAddress),
  ];
}

function one(name: string, value: string | undefined): Parameters {
  return value === undefined ? [] : [[name, value]];
}

/** Requests the file once. @throws {KnownError} when Zendesk does not accept it, also because of its limit of one a minute */
export async function placeOrder(
  { zendesk, signal }: LiveSource,
  account: string,
  parameters: Parameters,
): Promise<OrderAnswer> {
  const request = {
    group: auditLogs.budget,
    priority: priorities.listing,
    path: `${auditLogs.source.path}/export`,
    parameters,
    needs,
    limit: 'audit-logs-export',
  };
  const answer = await zendesk.placeOrder(request, signal).catch((error: unknown) => {
    if (!hasCode(error, 'no_usable_answer')) throw error;
    const { found, status, requestId } = error;
    throw new KnownError('export_uncertain', {
      found: `${found}. It is unknown whether Zendesk has accepted the export`,
      wayOut: 'wait for its e-mail before you try again',
      status,
      requestId,
      cause: error,
    });
  });
  if (answer.accepted) return answer;
  const seconds = Math.ceil((answer.nextInMs ?? 60_000) / 1000);
  throw new KnownError('export_too_soon', {
    found: `Zendesk accepts one export of the audit log of ${account} a minute, and the last one was less than a minute ago, so no export was started`,
    wayOut: `try again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`,
    status: 429,
  });
}
