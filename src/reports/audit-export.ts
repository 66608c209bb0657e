/** Asks Zendesk for its own CSV of the audit log, which comes by e-mail (contract 3). */
import { hasCode, KnownError } from '../errors.ts';
import { toSeconds } from '../span.ts';
import { auditLogs } from '../streams/audit-logs.ts';
import { formatMoment } from '../streams/log-stream.ts';
import { priorities } from '../ingest/engine.ts';
import type { OrderAnswer } from '../zendesk/answer.ts';
import type { LiveSource } from './live-source.ts';
import { findPerson } from './person.ts';
import { iterateRows, type ReportContent, type ReportScope, type ReportSpan } from './report.ts';
import { createMomentFormat } from './time-zone.ts';

/** What the file shall hold; all that is undefined or empty is not filtered by. */
export type ExportFilters = {
  readonly span: ReportSpan | undefined;
  /** An id, an e-mail address or a name. */
  readonly actor: string | undefined;
  readonly actions: readonly string[];
  readonly sourceType: string | undefined;
  /** Only together with `sourceType`. */
  readonly sourceId: string | undefined;
  readonly ipAddress: string | undefined;
};

/**
 * Asks for the file once, and tells what Zendesk answered.
 *
 * @throws {KnownError} `bad_input` for an actor whom nobody knows
 * @throws {KnownError} when Zendesk does not accept it, its limit of one a minute among the reasons
 */
export async function reportAuditExport(
  scope: ReportScope,
  source: LiveSource,
  filters: ExportFilters,
): Promise<ReportContent> {
  const { account, now, timeZone } = scope;
  const parameters = await listParameters(scope, filters);
  const { nextInMs } = await order(source, account, parameters);
  const show = createMomentFormat(timeZone);
  return {
    title: `Export of the audit log of ${account}, asked of Zendesk at ${show(now)}`,
    columns: [
      { key: 'asked_at', title: 'Asked at', isTime: true },
      { key: 'filters', title: 'Filters', isWrapped: true },
      { key: 'next_at', title: 'Next export from', isTime: true },
    ],
    rows: iterateRows([
      {
        asked_at: now,
        filters:
          parameters.map(([name, value]) => `${name}=${value}`).join(' ') || 'none: the whole log',
        next_at: nextInMs === undefined ? null : new Date(now.getTime() + nextInMs),
      },
    ]),
    statement: {
      coverage: [
        'Zendesk has accepted the export. It makes the CSV later and sends it by e-mail to the user whose credentials are used here; its API gives no address of the file.',
      ],
      gaps: ['What the file will hold is not known here, and nothing of it is stored.'],
      limits: [
        'Zendesk accepts one export a minute for the whole account.',
        'The export is itself recorded in the audit log, with the action exported.',
      ],
    },
  };
}

type Parameters = readonly (readonly [string, string])[];

async function listParameters(
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

async function order(
  { zendesk, signal }: LiveSource,
  account: string,
  parameters: Parameters,
): Promise<OrderAnswer> {
  const request = {
    group: auditLogs.group,
    priority: priorities.listing,
    path: `${auditLogs.path}/export`,
    parameters,
    needs: auditLogs.needs,
    limit: 'audit-logs-export',
  };
  const answer = await zendesk.placeOrder(request, signal).catch((error: unknown) => {
    if (!hasCode(error, 'no_usable_answer')) throw error;
    const { found, status, requestId } = error;
    throw new KnownError('export_uncertain', {
      found: `${found}. Whether Zendesk has accepted the export is not known`,
      wayOut: 'look for its e-mail before you ask again',
      status,
      requestId,
      cause: error,
    });
  });
  if (answer.accepted) return answer;
  const seconds = Math.ceil((answer.nextInMs ?? 60_000) / 1000);
  throw new KnownError('export_too_soon', {
    found: `Zendesk accepts one export of the audit log of ${account} a minute, and the last one was less than a minute ago, so nothing was started`,
    wayOut: `ask again in ${seconds} ${seconds === 1 ? 'second' : 'seconds'}`,
    status: 429,
  });
}
