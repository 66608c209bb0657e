import type { AccessRequest, Classify } from '../classification/classification.ts';
import type { accessLogs as schema } from '../database/schema/logs.ts';
import { cursorPaging } from '../zendesk/paging.ts';
import { address, bigint, readTextId, smallint, text, within } from './fields.ts';
import { personalColumns } from './access-personal.ts';
import { accessRollups } from './access-rollups.ts';
import { shortenKey } from './key-text.ts';
import {
  createLogReader,
  formatMoment,
  type DerivedRow,
  type LogColumns,
  type LogStream,
} from './stream.ts';

const columns: LogColumns<typeof schema, 'id' | 'timestamp'> = {
  user_id: bigint,
  ip_address: address,
  method: text,
  status: smallint,
  url: text,
  origin_service: text,
  authorization_type: text,
  client: text,
  referer: text,
  category: text,
  summary: text,
  bytes_sent: bigint,
  graphql_operation_name: within(['graphql', 'operation_name'], text),
  graphql_operation_type: within(['graphql', 'operation_type'], text),
  graphql_query: within(['graphql', 'query'], text),
  graphql_variables: within(['graphql', 'variables'], text),
};

const theSwitch = 'Admin Center > Account > Logs > Access log > "Turn on the Access Log API"';

/** The access log: which team member looked at what (contract 4). */
export const accessLogs: LogStream = {
  kind: 'log',
  name: 'access_logs',
  title: 'access log',
  budget: {
    name: 'access_logs',
    setting: {
      name: 'ACCESS_LOGS_REQUESTS_PER_MINUTE',
      requestsPerMinute: 50,
      meaning: 'budget of the access log service, which allows 50 for an account',
    },
    // Contract 4.3.
    grantedPerMinute: 50,
    sharesAccountLimit: false,
  },
  schedule: {
    name: 'ACCESS_LOGS_SCHEDULE',
    cron: '* * * * *',
    demoCron: '*/5 * * * * *',
    meaning: 'when the access log is pulled: cron, UTC',
  },
  needs: {
    name: 'The access log',
    role: 'admin',
    entitlement: 'it needs the add-on Advanced Data Privacy and Protection and the role admin',
    wayOut: `check both, and switch it on: ${theSwitch}`,
    code: 'add_on_missing',
  },
  scope: 'read',
  source: {
    path: '/api/v2/access_logs',
    paging: cursorPaging('access_logs'),
    pageSize: 2500,
    // No sort: the default is ascending here. No filter[graphql]: `true` would leave out the GraphQL rows (contract 4.1).
    spanParameters: ({ from, to }) => [
      ['filter[start]', formatMoment(from - 1)],
      ['filter[end]', formatMoment(to + 1)],
    ],
    oldestParameters: undefined,
  },
  retentionDays: 90,
  horizonSetting: undefined,
  pageSizeSetting: {
    name: 'ACCESS_LOGS_PAGE_SIZE',
    meaning: 'records of the access log to request per page, up to 2500',
  },
  table: {
    name: 'zendesk.access_logs',
    time: 'timestamp',
    id: { name: 'id', type: 'text' },
    columns: [...Object.keys(columns), 'extra'],
    partition: 'month',
    actor: 'user_id',
    ...personalColumns,
    derived: {
      name: 'zendesk.access_log_resources',
      key: { time: 'timestamp', id: 'access_log_id' },
      columns: [
        'position',
        'kind',
        'resource_type',
        'resource_id',
        'user_id',
        'status',
        'search_query',
      ],
      from: [
        'user_id',
        'status',
        'method',
        'url',
        'graphql_operation_name',
        'graphql_operation_type',
        'graphql_query',
        'graphql_variables',
      ],
      derive: (row, classify) => deriveResources(row as StoredRequest, classify),
      rolledUp: `select day, sum(views + lists + searches + exports + writes + secrets + logs + unclassified)::bigint as rows
        from zendesk.agent_day where account = $1 group by day`,
      isUnclassified: ([, kind]) => kind === 'unclassified',
    },
  },
  read: createLogReader(
    { stream: 'access_logs', id: 'id', time: 'timestamp', readId: readTextId },
    columns,
  ),
  rollups: accessRollups,
  findings: {
    view: 'zendesk_sync.found_in_access_logs',
    record: 'access_log_id',
    renewedBy: 'day',
  },
  blindSpots: [
    'Zendesk records what admins and agents do, not what end users do.',
    'Zendesk recorded nothing before the Access Log API was switched on, and nothing in Explore and Sell. It loses what was recorded before an account moved to another pod.',
    'For a list, a search or an export, Zendesk does not record which records were shown.',
    'A request names tickets by their ids; who requested a ticket is not in the log.',
    'What a GraphQL request was about is known only where a rule knows its operation.',
  ],
  health: {
    whenEmpty: {
      isProblem: true,
      found:
        'answers, but has no records, although requests such as this one should create some: it is not switched on, or was switched on just now',
      wayOut: `Turn it on: ${theSwitch}. The first records may take an hour. What happened before is never recorded.`,
    },
    whenSilent: {
      found: 'none in the last 24 hours, although requests such as this one should create some',
      wayOut: `Check that it is still switched on: ${theSwitch}.`,
    },
  },
  samples: { seconds: 86_400, diskShare: 1.4 },
};

/** The columns of a request that say what it was about, who sent it, and what the answer was. */
type StoredRequest = AccessRequest & { readonly status: number | null };

const none: readonly DerivedRow[] = [];

/** What a request was about, one row for each resource; noise has no row, a request without a resource has one. */
function deriveResources(row: StoredRequest, classify: Classify): readonly DerivedRow[] {
  const { kind, resources, searchQuery } = classify(row);
  if (kind === 'noise') return none;
  const { user_id: user, status } = row;
  if (resources.length === 0) return [[0, kind, null, null, user, status, searchQuery]];
  return resources.map(({ type, id }, position) => [
    position,
    kind,
    shortenKey(type),
    id === null ? null : shortenKey(id),
    user,
    status,
    position === 0 ? searchQuery : null,
  ]);
}
