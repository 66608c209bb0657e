/** What REST requests are about: one line for each important endpoint, and for each unusual form of a logged url. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AccessRequest } from '../../src/classification/classification.ts';
import { createClassifier } from '../../src/classification/classifier.ts';
import { accessRules } from '../../src/classification/rules.ts';

const classify = createClassifier(accessRules);
const nothing: Omit<AccessRequest, 'method' | 'url'> = {
  user_id: 364425201147,
  graphql_operation_name: null,
  graphql_operation_type: null,
  graphql_query: null,
  graphql_variables: null,
};

/** The classification in one line: `view ticket 1, user 2`; `-` for a null id; the search text in quotes. */
function tell(method: string | null, url: string | null): string {
  const { kind, resources, searchQuery } = classify({ ...nothing, method, url });
  const touched = resources.map(({ type, id }) => `${type} ${id ?? '-'}`).join(', ');
  const text = searchQuery === null ? '' : JSON.stringify(searchQuery);
  return [kind, touched, text].filter((part) => part !== '').join(' ');
}

type Line = readonly [request: string, expected: string];

function check(lines: readonly Line[]): void {
  const told = lines.map(([request]): Line => {
    const space = request.indexOf(' ');
    return [request, tell(request.slice(0, space), request.slice(space + 1))];
  });
  assert.deepEqual(told, lines);
}

const ulid = '01GQ5VN3ZZ4XQH7F9Z4YK8T1QC';
const uuid = '8a1c3b52-6e0f-4d2a-9c11-0f3b7d5e9a24';

describe('what a REST request is about', () => {
  it('is the viewed ticket', () => {
    check([
      ['GET /api/v2/tickets/937?[...]', 'view ticket 937'],
      ['GET /api/v2/tickets/5', 'view ticket 5'],
      ['GET /api/v2/tickets/123/comments.json?include=users', 'view ticket 123'],
      ['GET /api/v2/tickets/123/comments/count', 'view ticket 123'],
      ['GET /api/v2/tickets/123/audits.json?{...}', 'view ticket 123'],
      ['GET /api/v2/tickets/123/audits/88', 'view ticket 123'],
      ['GET /api/v2/tickets/123/conversation_log', 'view ticket 123'],
      ['GET /api/v2/tickets/123/collaborators', 'view ticket 123'],
      ['GET /api/v2/tickets/123/email_ccs', 'view ticket 123'],
      ['GET /api/v2/tickets/123/followers', 'view ticket 123'],
      ['GET /api/v2/tickets/123/incidents', 'view ticket 123'],
      ['GET /api/v2beta/tickets/2377857/related', 'view ticket 2377857'],
      ['GET /api/v2/tickets/123/tags', 'view ticket 123'],
      ['GET /api/v2/tickets/123/metrics', 'view ticket 123'],
      ['GET /api/v2/tickets/123/macros/55/apply', 'view ticket 123, macro 55'],
      [
        `GET /api/v2/tickets/123/side_conversations/${uuid}`,
        `view ticket 123, side_conversation ${uuid}`,
      ],
      [
        'GET /api/lotus/tickets/2377857/conversations.json?include=users%2Cgroups',
        'view ticket 2377857',
      ],
      ['GET /api/v2/requests/44', 'view ticket 44'],
      ['GET /api/v2/requests/44/comments/9', 'view ticket 44, comment 9'],
      ['GET /api/v2/deleted_tickets/44', 'view ticket 44'],
      ['GET /api/v2/suspended_tickets/7', 'view suspended_ticket 7'],
      ['GET /api/v2/attachments/498483', 'view attachment 498483'],
      ['GET /attachments/token/Xy12AbCd/?name=passport.png', 'view attachment -'],
      ['POST /api/v2/channels/voice/agents/7/tickets/123/display', 'view ticket 123'],
      ['POST /api/v2/channels/voice/agents/7/users/99/display.json', 'view user 99'],
      ['GET /api/v2/routing/tickets/123/instance_values.json', 'view ticket 123'],
    ]);
  });

  it('is each of the tickets or users that are shown together', () => {
    check([
      ['GET /api/v2/tickets/show_many?ids=1,2,3', 'view ticket 1, ticket 2, ticket 3'],
      ['GET /api/v2/tickets/show_many.json?ids=1%2C2%2c3', 'view ticket 1, ticket 2, ticket 3'],
      ['GET /api/v2/tickets/show_many?ids=1,2,1,2', 'view ticket 1, ticket 2'],
      ['GET /api/v2/tickets/show_many?ids=1, 2,{...}', 'view ticket 1, ticket 2'],
      ['GET /api/v2/tickets/show_many?[...]ids=4,5&include=users', 'view ticket 4, ticket 5'],
      ['GET /api/v2/tickets/show_many?group_ids=8&ids=4', 'view ticket 4'],
      ['GET /api/v2/tickets/show_many?ids[]=4&ids[]=5', 'view ticket 4, ticket 5'],
      ['GET /api/v2/tickets/show_many?ids={...}', 'view ticket -'],
      ['GET /api/v2/users/show_many.json?ids=417,418', 'view user 417, user 418'],
      ['GET /api/v2/users/show_many?external_ids=crm-1,crm%2D2', 'view user crm-1, user crm-2'],
      ['GET /api/v2/organizations/show_many?ids=35436', 'view organization 35436'],
      [
        'GET /api/v2/ticket_forms/show_many.json?ids=360000101,360000102',
        'view ticket_form 360000101, ticket_form 360000102',
      ],
      [
        `GET /api/v2/custom_objects/contract/records?filter[ids]=${ulid}`,
        `list custom_object_record ${ulid}, custom_object contract`,
      ],
    ]);
  });

  it('is a list without a name', () => {
    check([
      ['GET /api/v2/tickets', 'list ticket -'],
      ['GET /api/v2/tickets.json?{...}', 'list ticket -'],
      ['GET /api/v2/tickets/count', 'list ticket -'],
      ['GET /api/v2/tickets/recent', 'list ticket -'],
      ['GET /api/v2/deleted_tickets', 'list ticket -'],
      ['GET /api/v2/suspended_tickets.json?{...}', 'list suspended_ticket -'],
      ['GET /api/v2/users.json?page[size]={...}', 'list user -'],
      ['GET /api/v2/users/count', 'list user -'],
      ['GET /api/v2/organizations', 'list organization -'],
      ['GET /api/v2/requests', 'list ticket -'],
      ['GET /api/v2/ticket_audits', 'list ticket -'],
      ['GET /api/v2/activities', 'list activity -'],
      ['GET /api/v2/satisfaction_ratings', 'list satisfaction_rating -'],
      ['GET /api/v2/problems', 'list ticket -'],
      ['GET /api/v2/custom_objects', 'list custom_object -'],
      [
        'GET /api/v2/custom_objects/contract/records?{...}',
        'list custom_object_record -, custom_object contract',
      ],
      ['GET /admin/api/private/team_members?{...}', 'list user -'],
      ['GET /api/v2/macros.json?{...}', 'list macro -'],
      ['GET /api/v2/triggers/definitions', 'list trigger -'],
      ['GET /api/v2/group_memberships', 'list group_membership -'],
      ['GET /hc/api/v2/en-us/articles.json', 'list article -'],
      ['GET /api/v2/community/posts', 'list post -'],
      ['GET /api/v2/routing/requirements/fulfilled?ticket_ids=1', 'list ticket -'],
    ]);
  });

  it('is a view whose tickets are listed, or its definition', () => {
    check([
      ['GET /api/v2/views/55/tickets', 'list view 55'],
      ['GET /api/v2/views/55/execute.json?{...}', 'list view 55'],
      ['GET /api/v2/views/55/count', 'list view 55'],
      ['GET /api/v2/views/55/export', 'export view 55'],
      ['GET /api/v2/views/count_many.json?ids=1,2', 'list view 1, view 2'],
      ['POST /api/v2/views/preview.json', 'list ticket -'],
      ['POST /api/v2/views/preview/count', 'list ticket -'],
      ['GET /api/v2/views/55', 'view view 55'],
      ['GET /api/v2/views/active', 'list view -'],
      ['PUT /api/v2/views/55', 'write view 55'],
    ]);
  });

  it('is the viewed person or organization', () => {
    check([
      ['GET /api/v2/users/417198039213/{...}', 'view user 417198039213'],
      ['GET /api/v2/users/6649960843290/related.json', 'view user 6649960843290'],
      ['GET /api/v2/users/9/identities', 'view user 9'],
      ['GET /api/v2/users/9/identities/31.json', 'view user 9, identity 31'],
      ['GET /api/v2/users/9/tickets/requested.json?{...}', 'view user 9'],
      ['GET /api/v2/users/9/organizations/77', 'view user 9, organization 77'],
      ['GET /api/v2/users/9/compliance_deletion_statuses', 'view user 9'],
      ['GET /api/v2/users/9/sessions/3', 'view user 9, session 3'],
      ['GET /api/v2/users/9/password/requirements', 'view user 9'],
      ['GET /api/v2/users/9/profiles', 'view user 9'],
      [`GET /api/v2/user_profiles/${ulid}`, `view user ${ulid}`],
      ['GET /api/v2/deleted_users/9', 'view user 9'],
      ['GET /api/v2/organizations/360000000442.json', 'view organization 360000000442'],
      ['GET /api/v2/organizations/77/related', 'view organization 77'],
      ['GET /api/v2/organizations/77/users', 'view organization 77'],
      ['GET /admin/api/private/team_members/9', 'view user 9'],
      ['GET /api/v2/routing/agents/9/instance_values', 'view user 9'],
      ['GET /api/v2/help_center/users/9/votes.json', 'view user 9'],
      ['GET /api/v2/community/users/9/posts', 'view user 9'],
    ]);
  });

  it('is an object of the configuration, or of the customer', () => {
    check([
      ['GET /api/v2/ticket_forms/8', 'view ticket_form 8'],
      ['GET /api/v2/ticket_fields/8/options/9', 'view ticket_field 8'],
      ['GET /api/v2/dynamic_content/items/8/variants', 'view dynamic_content_item 8'],
      ['GET /api/v2/slas/policies/8', 'view sla_policy 8'],
      ['GET /api/v2/custom_roles/8', 'view custom_role 8'],
      ['GET /api/v2/apps/installations/8.json', 'view app_installation 8'],
      [`GET /api/v2/webhooks/${ulid}/invocations`, `view webhook ${ulid}`],
      ['GET /hc/api/v2/articles/8', 'view article 8'],
      ['GET /api/v2/help_center/de/articles/8/comments/9', 'view article 8, comment 9'],
      ['GET /api/v2/account/settings.json', 'view setting -'],
      ['GET /api/v2/accounts/available?subdomain=acme', 'view setting -'],
      ['GET /api/v2/community/posts/8/comments/9', 'view post 8, comment 9'],
      ['GET /admin/api/private/accounts/current/security_settings', 'view setting -'],
      [
        'GET /admin/api/private/accounts/current/remote_authentications',
        'list remote_authentication -',
      ],
      ['GET /api/v2/custom_objects/contract', 'view custom_object contract'],
      ['GET /api/v2/custom_objects/contract/fields', 'view custom_object contract'],
      [
        `GET /api/v2/custom_objects/contract/records/${ulid}`,
        `view custom_object_record ${ulid}, custom_object contract`,
      ],
    ]);
  });

  it('is a change, with every parent of the changed resource', () => {
    check([
      ['PUT /api/v2/tickets/123.json', 'write ticket 123'],
      ['POST /api/v2/tickets.json', 'write ticket -'],
      ['POST /api/v2/channels/voice/tickets', 'write ticket -'],
      ['PUT /api/v2/custom_status/default', 'write custom_status -'],
      ['DELETE /api/v2/tickets/123', 'write ticket 123'],
      ['delete /api/v2/tickets/123', 'write ticket 123'],
      [
        'PUT /api/v2/tickets/123/comments/9/attachments/7/redact',
        'write ticket 123, comment 9, attachment 7',
      ],
      ['PUT /api/v2/tickets/123/comments/9/make_private.json', 'write ticket 123, comment 9'],
      ['POST /api/v2/tickets/123/merge', 'write ticket 123'],
      ['PUT /api/v2/tickets/123/mark_as_spam', 'write ticket 123'],
      ['PUT /api/v2/tickets/mark_many_as_spam?ids=1,2', 'write ticket 1, ticket 2'],
      ['DELETE /api/v2/tickets/destroy_many?ids=1,2', 'write ticket 1, ticket 2'],
      ['PUT /api/v2/tickets/update_many.json?ids=1%2C2', 'write ticket 1, ticket 2'],
      ['POST /api/v2/tickets/create_many', 'write ticket -'],
      ['PUT /api/v2/deleted_tickets/44/restore', 'write ticket 44'],
      ['DELETE /api/v2/deleted_tickets/destroy_many?ids=4', 'write ticket 4'],
      ['PUT /api/v2/suspended_tickets/7/recover', 'write suspended_ticket 7'],
      ['PUT /api/v2/chat_redactions/123', 'write ticket 123'],
      ['PUT /api/v2/comment_redactions/9', 'write comment 9'],
      ['POST /api/v2/uploads?filename=scan.pdf', 'write attachment -'],
      ['POST /api/v2/users/create_or_update_many', 'write user -'],
      ['POST /api/v2/users/logout_many?ids=8,9', 'write user 8, user 9'],
      ['PUT /api/v2/users/8/merge', 'write user 8'],
      ['PUT /api/v2/users/8/identities/31/make_primary', 'write user 8, identity 31'],
      ['DELETE /api/v2/users/8/sessions', 'write user 8'],
      ['DELETE /api/v2/organizations/destroy_many?ids=77', 'write organization 77'],
      ['POST /api/v2/group_memberships/create_many', 'write group_membership -'],
      ['PUT /api/v2/triggers/360000317.json', 'write trigger 360000317'],
      ['PUT /api/v2/account/settings.json', 'write setting -'],
      [
        `PATCH /api/v2/custom_objects/contract/records/${ulid}`,
        `write custom_object_record ${ulid}, custom_object contract`,
      ],
      ['DELETE /api/v2/views/destroy_many?ids=5', 'write view 5'],
    ]);
  });

  it('is a search with its text, also when the request is a POST', () => {
    check([
      ['GET /api/v2/search.json?query=type:ticket printer', 'search "type:ticket printer"'],
      ['GET /api/v2/search/count?query=a', 'search "a"'],
      ['GET /api/v2/search/incremental?{...}&query=agent guidelines', 'search "agent guidelines"'],
      ['GET /hc/api/v2/articles/search?[...]query=credit%20card', 'search article - "credit card"'],
      ['GET /api/v2/users/search?query=jane%40acme.example', 'search user - "jane@acme.example"'],
      ['GET /api/v2/users/autocomplete.json?name=M%C3%BCller', 'search user - "Müller"'],
      ['GET /api/v2/organizations/autocomplete?name=Acme+Ltd', 'search organization - "Acme Ltd"'],
      ['GET /api/v2/organizations/search?external_id=crm-1', 'search organization - "crm-1"'],
      ['POST /api/v2/problems/autocomplete', 'search ticket -'],
      [
        'POST /api/v2/custom_objects/contract/records/search?{...}',
        'search custom_object_record -, custom_object contract',
      ],
      [
        `POST /api/v2/approval_workflow_instances/${ulid}/approval_requests/search`,
        'search approval_request -',
      ],
      ['POST /api/v2/approval_requests/search', 'search approval_request -'],
      ['GET /api/v2/autocomplete/tags?name=vip', 'search tag - "vip"'],
      ['GET /api/v2/macros/search?query=refund', 'search macro - "refund"'],
    ]);
  });

  it('is an export of everything', () => {
    check([
      [
        'GET /api/v2/search/export?{...}&query=type:user created>2026-01-01',
        'export "type:user created>2026-01-01"',
      ],
      ['GET /api/v2/incremental/tickets/cursor.json?{...}', 'export ticket -'],
      ['GET /api/v2/incremental/tickets.json?start_time=1', 'export ticket -'],
      ['GET /api/v2/incremental/ticket_events.json', 'export ticket -'],
      ['GET /api/v2/incremental/ticket_metric_events.json', 'export ticket -'],
      ['GET /api/v2/incremental/users/cursor.json', 'export user -'],
      ['GET /api/v2/incremental/organizations.json', 'export organization -'],
      ['GET /api/v2/incremental/routing/attributes', 'export'],
      ['GET /api/v2/suspended_tickets/export', 'export suspended_ticket -'],
    ]);
  });

  it('is a credential, read or changed', () => {
    check([
      ['GET /api/v2/oauth/clients.json', 'secret oauth_client -'],
      ['PUT /api/v2/oauth/clients/223443/generate_secret', 'secret oauth_client 223443'],
      ['GET /api/v2/oauth/tokens/223443', 'secret oauth_token 223443'],
      ['POST /api/v2/oauth/tokens', 'secret oauth_token -'],
      ['GET /api/v2/oauth/global_clients', 'secret oauth_client -'],
      [`GET /api/v2/webhooks/${ulid}/signing_secret`, `secret webhook ${ulid}`],
      [`POST /api/v2/webhooks/${ulid}/signing_secret`, `secret webhook ${ulid}`],
      ['GET /api/v2/api_tokens', 'secret api_token -'],
      ['DELETE /api/v2/api_tokens/5', 'secret api_token 5'],
      ['POST /api/v2/users/9/password', 'secret user 9'],
      ['PUT /api/v2/users/me/password.json', 'secret user 364425201147'],
      ['GET /api/v2/users/9/recovery_codes', 'secret user 9'],
      ['GET /admin/api/private/team_members/9/recovery_codes', 'secret user 9'],
      ['GET /api/services/zis/integrations/acme/connections/all', 'secret api_connection -'],
      ['GET /api/v2/basic_auth_connections', 'secret api_connection -'],
      ['GET /api/v2/api_key_connections/3', 'secret api_connection -'],
    ]);
  });

  it('is one of the logs', () => {
    check([
      ['GET /api/v2/audit_logs.json?{...}', 'log audit_log -'],
      ['GET /api/v2/audit_logs/498483', 'log audit_log 498483'],
      ['POST /api/v2/audit_logs/export?filter[created_at][]=2026-01-01', 'log audit_log -'],
      ['GET /api/v2/access_logs?{...}', 'log access_log -'],
      ['GET /api/services/access_logs', 'log access_log -'],
    ]);
  });

  it('is nothing for background traffic of the user interface', () => {
    check([
      ['GET /api/v2/users/me.json', 'noise'],
      ['GET /api/v2/users/me/settings.json', 'noise'],
      ['PUT /api/v2/users/me/settings.json', 'noise'],
      ['GET /api/lotus/assignables/groups.json?{...}', 'noise'],
      ['GET /api/lotus/assignables/autocomplete.json?name=jane', 'noise'],
      ['GET /api/v2/job_statuses/8b726e606741012ffc2d782bcb7848fe', 'noise'],
      ['GET /api/v2/locales/current.json', 'noise'],
      ['POST /api/v2/push_notification_devices/destroy_many', 'noise'],
      ['GET /api/v2/bookmarks', 'noise'],
      ['GET /api/v2/skips.json', 'noise'],
    ]);
  });

  it('is unclassified if no rule matches the path', () => {
    check([
      ['GET /api/v2/moon_phases/7', 'unclassified'],
      ['GET /api/v2/moon_phases/search?query=jane', 'unclassified'],
      ['GET /agent/tickets/7', 'unclassified'],
      ['GET /api/v2', 'unclassified'],
      ['GET /', 'unclassified'],
      ['GET ', 'unclassified'],
      ['GET tickets', 'unclassified'],
      ['GET /api/v2/moon_phases/7/tickets/9', 'unclassified'],
      ['GET /tickets/9', 'unclassified'],
    ]);
    assert.equal(tell(null, null), 'unclassified');
  });
});

describe('the reading of a logged url', () => {
  it('ignores placeholders, suffixes and slashes', () => {
    check([
      ['GET /api/v2/tickets/5{...}.json', 'view ticket 5'],
      ['GET /api/v2/tickets/5.json{...}', 'view ticket 5'],
      ['GET /api/v2/tickets/5.json/', 'view ticket 5'],
      ['GET /api/v2/{...}/tickets/5/[...]/comments', 'view ticket 5'],
      ['GET /api/v2/tickets/[...]/comments', 'list ticket -'],
      ['GET /api/v2/tickets/5{...', 'view ticket 5'],
      ['GET //api/v2//tickets/5//', 'view ticket 5'],
      ['GET /api/v2/tickets/5?', 'view ticket 5'],
      ['GET https://acme.zendesk.com/api/v2/tickets/5?x=1', 'view ticket 5'],
    ]);
  });

  it('accepts numbers, ULIDs and UUIDs as ids, but not words', () => {
    check([
      ['GET /api/v2/tickets/9223372036854775807', 'view ticket 9223372036854775807'],
      ['GET /api/v2/tickets/92233720368547758070', 'list ticket -'],
      ['GET /api/v2/tickets/-5', 'list ticket -'],
      ['GET /api/v2/tickets/5a', 'list ticket -'],
      [`GET /api/v2/webhooks/${ulid}`, `view webhook ${ulid}`],
      [`GET /api/v2/webhooks/${ulid.replace('Q', 'U')}`, 'list webhook -'],
      [`GET /api/v2/webhooks/${uuid}`, `view webhook ${uuid}`],
      ['GET /api/v2/tickets/show_many?ids=1,me,abc,', 'view ticket 1'],
    ]);
  });

  it('decodes the search text and leaves broken escapes unchanged', () => {
    const search = (query: string): string | null =>
      classify({ ...nothing, method: 'GET', url: `/api/v2/search?${query}` }).searchQuery;
    assert.equal(search('query=a+b%2Bc'), 'a b+c');
    assert.equal(search('query=100% sure%2'), '100% sure%2');
    assert.equal(search('query=%E2%82 caf%C3%A9'), '%E2%82 café');
    assert.equal(search('query=%00a%20b'), '%00a b');
    assert.equal(search('query=Tom & Jerry&page=2'), 'Tom & Jerry');
    assert.equal(search('query=AT&T'), 'AT&T');
    assert.equal(search('query=why?&{...}'), 'why?');
    assert.equal(search('query=order #5&filter[type]=ticket'), 'order #5');
    assert.equal(search('query=a=b'), 'a=b');
    assert.equal(search('{...}query=a&amp;page=2'), 'a');
    assert.equal(search('subquery=a'), null);
    assert.equal(search('query={...}'), null);
    assert.equal(search('query='), null);
    assert.equal(search('query=%20'), null);
  });

  it('names at most a thousand resources', () => {
    const ids = Array.from({ length: 1500 }, (_, i) => i + 1).join(',');
    const { resources } = classify({
      ...nothing,
      method: 'GET',
      url: `/api/v2/tickets/show_many?ids=${ids}`,
    });
    assert.equal(resources.length, 1000);
    assert.deepEqual(resources.at(-1), { type: 'ticket', id: '1000' });
  });
});
