/** How Zendesk is asked for its CSV. */
import { ZendeskError } from '../../errors.ts';
import { priorities } from '../../ingest/engine.ts';
import { toSeconds } from '../../span.ts';
import { formatMoment } from '../../streams/log-stream.ts';
import type { OrderAnswer } from '../../zendesk/client.ts';
import type { LiveSource } from '../shared/live-source.ts';
import { findPerson } from '../shared/person.ts';
import type { ReportScope } from '../shared/report.ts';
import type { ExportFilters } from './question.ts';

const path = '/api/v2/audit_logs/export';

type Parameters = readonly (readonly [string, string])[];

/** The filters as parameters. @throws {InputError} for an actor whom nobody knows */
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

/** Asks for the file once. @throws {ZendeskError} when Zendesk does not accept it, its limit of one a minute among the reasons */
export async function placeOrder(
  { zendesk, signal }: LiveSource,
  account: string,
  parameters: Parameters,
): Promise<OrderAnswer> {
  const request = {
    group: 'support',
    priority: priorities.listing,
    path,
    parameters,
    limit: 'audit-logs-export',
  } as const;
  const answer = await zendesk.placeOrder(request, signal).catch((error: unknown) => {
    const isOpen =
      error instanceof ZendeskError &&
      error.kind === 'failed' &&
      (error.status === undefined || error.status >= 500);
    throw isOpen
      ? new ZendeskError(
          'failed',
          `${error.message} Whether Zendesk has accepted the export is not known; look for its e-mail before you ask again.`,
          { status: error.status, requestId: error.requestId },
        )
      : error;
  });
  if (answer.accepted) return answer;
  const seconds = Math.ceil((answer.nextInMs ?? 60_000) / 1000);
  throw new ZendeskError(
    'rejected',
    `Zendesk accepts one export of the audit log of ${account} a minute, and the last one was less than a minute ago, so nothing was started; ask again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}.`,
    { status: 429 },
  );
}
