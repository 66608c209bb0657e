/** What is personal in the access log: what an erasure takes, what may go before the event does, and whom a row concerns. */
import type { PersonalColumns } from './personal-columns.ts';

/** The personal columns of the access log. */
export const personalColumns: PersonalColumns = {
  personal: [
    'ip_address',
    'url',
    'client',
    'referer',
    'graphql_query',
    'graphql_variables',
    'extra',
  ],
  concerns: {
    person: `t.user_id = $id::bigint or ${namesResource('user')}`,
    ticket: namesResource('ticket'),
  },
  erasedAtSource: `now.ip_address is null and t.ip_address is not null`,
  removable: [
    {
      name: 'search_text',
      columns: {
        url: withoutQuery('url'),
        referer: withoutQuery('referer'),
        graphql_query: 'null',
      },
      derived: ['search_query'],
    },
    { name: 'graphql_variables', columns: { graphql_variables: 'null' }, derived: [] },
  ],
};

function namesResource(type: string): string {
  return `exists (select from zendesk.access_log_resources d where d.account = t.account and d.timestamp = t.timestamp
    and d.access_log_id = t.id and d.resource_type = '${type}' and d.resource_id = $id)`;
}

/** A url without what was searched for: Zendesk blanks the beginning of some queries. */
function withoutQuery(column: string): string {
  return `regexp_replace(${column}, '[?&].*$', '')`;
}
