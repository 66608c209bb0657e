/** The page that shows the request to Zendesk, and the answer. */
import type { LiveSource } from '../shared/live-source.ts';
import { iterateRows, type ReportContent, type ReportScope } from '../shared/report.ts';
import { createMomentFormat } from '../shared/time-zone.ts';
import { listParameters, placeOrder } from './order.ts';
import type { ExportFilters } from './question.ts';

/**
 * Requests the file once, and shows Zendesk's answer.
 *
 * @throws {KnownError} `bad_input` for an unknown actor @throws {KnownError} when Zendesk does not accept it, also because
 *   of its limit of one a minute
 */
export async function reportAuditExport(
  scope: ReportScope,
  source: LiveSource,
  filters: ExportFilters,
): Promise<ReportContent> {
  const { account, now, timeZone } = scope;
  const parameters = await listParameters(scope, filters);
  const { nextInMs } = await placeOrder(source, account, parameters);
  const show = createMomentFormat(timeZone);
  return {
    title: `Export of the audit log of ${account}, requested from Zendesk at ${show(now)}`,
    columns: [
      { key: 'asked_at', title: 'Asked at', isTime: true },
      { key: 'filters', title: 'Filters' },
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
        'Zendesk has accepted the export. It will send the CSV by e-mail to the user whose credentials are used here. Its API does not provide the address of the file.',
      ],
      gaps: ['The content of the file is unknown here, and none of it is stored.'],
      limits: [
        'Zendesk accepts one export a minute for the whole account.',
        'The export is itself recorded in the audit log, with the action exported.',
      ],
    },
  };
}
