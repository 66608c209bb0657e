import type { auditLogs as schema } from '../database/schema/logs.ts';
import { cursorPaging } from '../zendesk/paging.ts';
import { address, bigint, keyText, readBigintId, text } from './fields.ts';
import { dayOf, withinDays } from './rollup-days.ts';
import { bringRollup } from './rollup-rows.ts';
import { createLogReader, formatMoment, type LogColumns, type LogStream } from './stream.ts';
import { supportBudget } from './support-budget.ts';

const columns: LogColumns<typeof schema, 'id' | 'created_at'> = {
  action: text,
  action_label: text,
  actor_id: bigint,
  actor_name: text,
  change_description: text,
  ip_address: address,
  source_id: bigint,
  source_label: text,
  source_type: keyText,
  url: text,
};

const aboutPerson = `t.source_type in ('user', 'user_setting', 'user_identity') and t.source_id = $id::bigint`;

/** The audit log: who changed what (contract 1). */
export const auditLogs: LogStream = {
  kind: 'log',
  name: 'audit_logs',
  title: 'audit log',
  budget: supportBudget,
  schedule: {
    name: 'AUDIT_LOGS_SCHEDULE',
    cron: '*/5 * * * *',
    demoCron: '*/15 * * * * *',
    meaning: 'when the audit log is pulled: cron, UTC',
  },
  needs: {
    name: 'The audit log',
    role: 'admin',
    entitlement:
      'it needs the plan Zendesk Suite Enterprise or Support Enterprise (or a higher one) and the role admin',
    wayOut: 'check the plan, and the role of the user whose credentials are used',
    code: 'plan_missing',
  },
  scope: undefined,
  source: {
    path: '/api/v2/audit_logs',
    paging: cursorPaging('audit_logs'),
    pageSize: 100,
    spanParameters: ({ from, to }) => [
      ['sort', 'created_at'],
      ['filter[created_at][]', formatMoment(from - 1)],
      ['filter[created_at][]', formatMoment(to + 1)],
    ],
    oldestParameters: [['sort', 'created_at']],
  },
  retentionDays: undefined,
  horizonSetting: {
    name: 'AUDIT_LOGS_START',
    meaning: 'how far back the audit log is pulled: `2024-01-31` or `2024-01-31T08:00:00Z`',
  },
  pageSizeSetting: {
    name: 'AUDIT_LOGS_PAGE_SIZE',
    meaning: 'records of the audit log to request per page, up to 100',
  },
  table: {
    name: 'zendesk.audit_logs',
    time: 'created_at',
    id: { name: 'id', type: 'bigint' },
    columns: [...Object.keys(columns), 'extra'],
    partition: 'year',
    actor: 'actor_id',
    personal: ['actor_name', 'change_description', 'ip_address', 'source_label', 'extra'],
    concerns: {
      person: `t.actor_id = $id::bigint or ${aboutPerson}`,
      ticket: `t.source_type = 'ticket' and t.source_id = $id::bigint`,
    },
    subject: {
      isAbout: aboutPerson,
      columns: ['change_description', 'source_label', 'extra'],
    },
    erasedAtSource: `now.actor_name = now.actor_id::text and t.actor_name is distinct from now.actor_name`,
    derived: undefined,
  },
  read: createLogReader(
    { stream: 'audit_logs', id: 'id', time: 'created_at', readId: readBigintId },
    columns,
  ),
  rollups: [
    // The texts are shortened once for each group, which costs as much as counting dozens of rows.
    `with groups as (
       select ${dayOf('created_at')} as day, coalesce(source_type, '') as source_type, coalesce(action, '') as action,
         coalesce(actor_id, 0) as actor_id, count(*) as changes, min(created_at) as first_at, max(created_at) as last_at
       from zendesk.audit_logs
       where account = $1 and ${withinDays('created_at')}
       group by 1, 2, 3, 4
     ),
     by_type as (
       select day, zendesk_sync.key_text(source_type) as source_type, zendesk_sync.key_text(action) as action, actor_id, changes,
         first_at, last_at
       from groups
     ),
     by_network as (
       select ${dayOf('created_at')} as day, coalesce(zendesk.network_of(ip_address)::text, '') collate "C" as network,
         count(*) as sign_ins, count(distinct source_id) as people, min(created_at) as first_at, max(created_at) as last_at
       from zendesk.audit_logs
       where account = $1 and ${withinDays('created_at')} and source_type = 'user' and action = 'login'
       group by 1, 2
     ),
     ${bringRollup({
       table: 'audit_day',
       key: ['source_type', 'action', 'actor_id'],
       values: ['changes', 'first_at', 'last_at'],
       counted: 'by_type',
     })},
     ${bringRollup({
       table: 'sign_in_day',
       key: ['network'],
       values: ['sign_ins', 'people', 'first_at', 'last_at'],
       counted: 'by_network',
     })}
     select`,
  ],
  findings: {
    view: 'zendesk_sync.found_in_audit_logs',
    record: 'audit_log_id',
    renewedBy: 'month',
  },
  blindSpots: [
    'Zendesk records successful sign-ins only; failed ones are in no log.',
    'Zendesk does not record that a user was created, nor what end users do.',
    'Zendesk itself makes some changes: they have the name "Zendesk" and the id -1.',
  ],
  health: {
    whenEmpty: {
      isProblem: false,
      found: 'answers, but has no records at all',
      wayOut: 'Check that ZENDESK_SUBDOMAIN is the right account.',
    },
    whenSilent: undefined,
  },
  samples: { seconds: 7 * 86_400, diskShare: 0.8 },
};
