import { bigint, readBigintId, smallint, text } from '../../src/streams/fields.ts';
import { dayOf, withinDays } from '../../src/streams/rollup-days.ts';
import {
  createLogReader,
  formatMoment,
  type LogColumns,
  type LogStream,
} from '../../src/streams/stream.ts';
import { isObject, type Paging } from '../../src/zendesk/paging.ts';
import type { deletionLogs as schema } from './deletion-schema.ts';

const columns: LogColumns<typeof schema, 'number' | 'deleted_at'> = {
  deleter_id: bigint,
  kind: text,
  copies: smallint,
  title: text,
};

/**
 * Pages that continue after the number of the last record, and say in `more` whether any follow.
 */
const keysetPaging: Paging = {
  itemsKey: 'deletions',
  parameters: ({ pageSize, cursor }) => [
    ['limit', String(pageSize)],
    ...(cursor === undefined ? [] : [['after', cursor] as const]),
  ],
  read(json) {
    const records = isObject(json) ? json['deletions'] : undefined;
    if (!isObject(json) || !Array.isArray(records)) return { fault: 'has no list deletions' };
    const last: unknown = records.at(-1);
    if (json['more'] !== true || !isObject(last)) return { records, nextCursor: undefined };
    return { records, nextCursor: String(last['number']) };
  },
};

/** What was deleted, and by whom: a log that Zendesk does not have. */
export const deletionLogs: LogStream = {
  kind: 'log',
  name: 'deletion_logs',
  title: 'deletion log',
  budget: {
    name: 'deletions',
    setting: {
      name: 'DELETION_LOGS_REQUESTS_PER_MINUTE',
      requestsPerMinute: 600,
      meaning: 'budget of the deletion log, which grants 600 to an account',
    },
    grantedPerMinute: 600,
    sharesAccountLimit: false,
  },
  schedule: {
    name: 'DELETION_LOGS_SCHEDULE',
    cron: '*/10 * * * *',
    demoCron: '*/10 * * * * *',
    meaning: 'when the deletion log is pulled: cron, UTC',
  },
  needs: {
    name: 'The deletion log',
    role: 'admin',
    entitlement: 'it needs the plan Undertaker and the role admin',
    wayOut: 'check both',
    code: 'plan_missing',
  },
  scope: undefined,
  source: {
    path: '/api/v2/deletions',
    paging: keysetPaging,
    pageSize: 50,
    spanParameters: ({ from, to }) => [
      ['since', formatMoment(from - 1)],
      ['until', formatMoment(to + 1)],
    ],
    oldestParameters: undefined,
  },
  retentionDays: 30,
  horizonSetting: undefined,
  pageSizeSetting: undefined,
  table: {
    name: 'zendesk.deletion_logs',
    time: 'deleted_at',
    id: { name: 'number', type: 'bigint' },
    columns: [...Object.keys(columns), 'extra'],
    partition: 'month',
    actor: 'deleter_id',
    personal: ['title', 'extra'],
    derived: undefined,
  },
  read: createLogReader(
    { stream: 'deletion_logs', id: 'number', time: 'deleted_at', readId: readBigintId },
    columns,
  ),
  rollups: [
    'delete from zendesk.deletion_day where account = $1 and day between $2::date and $3::date',
    `insert into zendesk.deletion_day
     select $1, ${dayOf('deleted_at')}, coalesce(kind, ''), count(*)
     from zendesk.deletion_logs
     where account = $1 and ${withinDays('deleted_at')}
     group by 2, 3`,
  ],
  blindSpots: ['Zendesk does not record why something was deleted.'],
  health: {
    whenEmpty: {
      isProblem: false,
      found: 'answers, and nothing was ever deleted',
      wayOut: 'Check that ZENDESK_SUBDOMAIN is the right account.',
    },
    whenSilent: undefined,
  },
  samples: { seconds: 86_400, diskShare: 1 },
};
