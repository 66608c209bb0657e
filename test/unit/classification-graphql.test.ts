/**
 * What GraphQL requests are about. Only the operation `ticket` is documented; the others show what follows from names and
 * variables.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createClassifier } from '../../src/classification/classifier.ts';
import { accessRules } from '../../src/classification/rules.ts';

const classify = createClassifier(accessRules);

type Operation = {
  url?: string | null;
  name?: string | null;
  type?: string | null;
  query?: string | null;
  variables?: string | null;
};

/** The classification in one line: `view ticket 1, user 2`; `-` for a null id; the search text in quotes. */
function tell({
  url = '/graphql',
  name = null,
  type = null,
  query = null,
  variables = null,
}: Operation): string {
  const { kind, resources, searchQuery } = classify({
    method: 'POST',
    url,
    user_id: 364425201147,
    graphql_operation_name: name,
    graphql_operation_type: type,
    graphql_query: query,
    graphql_variables: variables,
  });
  const touched = resources.map((resource) => `${resource.type} ${resource.id ?? '-'}`).join(', ');
  const text = searchQuery === null ? '' : JSON.stringify(searchQuery);
  return [kind, touched, text].filter((part) => part !== '').join(' ');
}

/** The documented example: a wrong quote before the query, which is cut off. */
const documented = {
  name: 'ticket',
  type: 'QUERY',
  query:
    '"query ticket($id: ID!, $includeSkills: Boolean = false, $includeCustomFields: Boolean = false) { ticket(id: $id) { id assignee { user { id name __typename }...',
  variables: '{"id":"199","includeConversationAuthenticated":false,"includeSkills":true}',
};

describe('what a GraphQL request is about', () => {
  it('is the ticket of the documented example, for any path', () => {
    assert.equal(tell(documented), 'view ticket 199');
    assert.equal(tell({ ...documented, url: '/graphql/' }), 'view ticket 199');
    assert.equal(tell({ ...documented, url: '/graphql?{...}' }), 'view ticket 199');
    assert.equal(tell({ ...documented, url: '/api/graphql' }), 'view ticket 199');
    assert.equal(tell({ ...documented, url: null }), 'view ticket 199');
    assert.equal(tell({ ...documented, url: '' }), 'view ticket 199');
  });

  it('is a read or a write by the type of the operation, although all are sent by POST', () => {
    const update = { name: 'updateTicket', variables: '{"id":"199","input":{"status":"solved"}}' };
    assert.equal(tell({ ...update, type: 'MUTATION' }), 'write ticket 199');
    assert.equal(tell({ ...update, type: 'mutation' }), 'write ticket 199');
    assert.equal(tell({ ...documented, type: 'MUTATION' }), 'write ticket 199');
    assert.equal(tell({ ...documented, type: 'SUBSCRIPTION' }), 'view ticket 199');
    assert.equal(tell({ ...documented, type: null }), 'view ticket 199');
    const query = ' "mutation updateTicket($id: ID!) { updateTicket(id: $id) { ticket { id }...';
    assert.equal(tell({ ...update, query }), 'write ticket 199');
  });

  it('follows from the first field of the query if no rule has the name', () => {
    const first = (query: string, variables = '{"id":"7"}'): string =>
      tell({ name: 'x', type: 'QUERY', query, variables });
    assert.equal(first('query x($id: ID!) { user(id: $id) { id name...'), 'view user 7');
    assert.equal(first('"query x($id: ID!) {\n  someone: user(id: $id) { id...'), 'view user 7');
    assert.equal(first('"query x($id: ID!) {\\n  user(id: $id) { id...'), 'view user 7');
    assert.equal(first('{ organization(id: 7) { name } }'), 'view organization 7');
    assert.equal(first('{ customObjectRecord(id: $id) { id } }'), 'view custom_object_record 7');
    assert.equal(
      first('query x($viewId: ID!) { view(id: $viewId) { tickets...', '{"viewId":"55"}'),
      'list view 55',
    );
    assert.equal(first('query x { ticketForms { id } }', '{}'), 'list ticket_form -');
    assert.equal(
      first('query x { ticketForms(ids: $ids) { id } }', '{"ids":[8,9]}'),
      'view ticket_form 8, ticket_form 9',
    );
    assert.equal(first('query x { currentUser { id } }'), 'noise');
    assert.equal(first('query x($id: ID!) { tick...'), 'unclassified');
    assert.equal(first('query x($id: ID!, $incl...'), 'unclassified');
    assert.equal(first('query x { moonPhase(id: $id) { id } }'), 'unclassified');
  });

  it('follows from the name when there is no query', () => {
    const named = (name: string, variables = '{"id":"7"}'): string =>
      tell({ name, type: 'QUERY', variables });
    assert.equal(named('getUser'), 'view user 7');
    assert.equal(named('TicketQuery'), 'view ticket 7');
    assert.equal(named('get_ticket_form'), 'view ticket_form 7');
    assert.equal(named('tickets', '{}'), 'list ticket -');
    assert.equal(named('viewTickets', '{"viewId":"55"}'), 'list ticket -, view 55');
    assert.equal(named('viewCount', '{"viewId":"55"}'), 'view view 55');
    assert.equal(named('exportUsers', '{}'), 'export user -');
    assert.equal(named('oauthClients', '{}'), 'secret oauth_client -');
    assert.equal(named('webhookSigningSecret', '{"webhookId":"7"}'), 'secret webhook 7');
    assert.equal(named('auditLogs', '{}'), 'log audit_log -');
    assert.equal(named('currentUser', '{}'), 'noise');
    assert.equal(named('me', '{}'), 'noise');
    assert.equal(named('moonPhases'), 'unclassified');
  });

  it('stays a credential or a search for any type of operation', () => {
    assert.equal(
      tell({ name: 'deleteApiToken', type: 'MUTATION', variables: '{"id":"7"}' }),
      'secret api_token 7',
    );
    assert.equal(
      tell({
        name: 'search',
        type: 'QUERY',
        variables: '{"query":"credit card \\"visa\\"","first":10}',
      }),
      'search "credit card \\"visa\\""',
    );
    assert.equal(
      tell({ name: 'ticketSearch', type: 'QUERY', variables: '{"searchTerm":"Müller"}' }),
      'search ticket - "Müller"',
    );
    assert.equal(
      tell({ name: 'searchUsers', type: 'QUERY', variables: '{"query":"cut o' }),
      'search user -',
    );
    assert.equal(tell({ name: 'searchUsers', type: 'QUERY' }), 'search user -');
  });

  it('comes from the variables with keys that look like ids', () => {
    const ticket = (variables: string): string =>
      tell({ name: 'ticket', type: 'QUERY', variables });
    assert.equal(ticket('{"id":199}'), 'view ticket 199');
    assert.equal(ticket('{ "id" : "199" , "x" : 1 }'), 'view ticket 199');
    assert.equal(ticket('{"ids":["1","2",3,"1"]}'), 'view ticket 1, ticket 2, ticket 3');
    assert.equal(ticket('{"ticketId":"199","userId":"7"}'), 'view ticket 199, user 7');
    assert.equal(ticket('{"userId":"7","ticket_id":"199"}'), 'view ticket 199, user 7');
    assert.equal(ticket('{"requesterId":"7"}'), 'view ticket -, user 7');
    assert.equal(
      ticket('{"organizationIds":[1,2]}'),
      'view ticket -, organization 1, organization 2',
    );
    assert.equal(ticket('{"input":{"id":"199"}}'), 'view ticket 199');
    assert.equal(ticket('{"user":{"id":"7"},"id":"199"}'), 'view ticket 199, user 7');
    assert.equal(
      ticket('{"input":{"customFields":[{"id":360,"value":"5"}],"id":"199"}}'),
      'view ticket 199',
    );
    assert.equal(ticket('{"clientMutationId":"5","paid":"8","first":30}'), 'view ticket -');
    assert.equal(ticket('{"id":"jane@acme.example"}'), 'view ticket -');
    assert.equal(ticket('{"comment":"the id\\":\\"5\\" is","id":"199"}'), 'view ticket 199');
    assert.equal(
      tell({ name: 'x', type: 'QUERY', variables: '{"ticketId":"5"}' }),
      'view ticket 5',
    );
    assert.equal(tell({ name: 'x', type: 'QUERY', variables: '{"id":"5"}' }), 'unclassified');
  });

  it('is not an id that was cut off', () => {
    const ticket = (variables: string): string =>
      tell({ name: 'ticket', type: 'QUERY', variables });
    assert.equal(ticket('{"id":"199","inclu'), 'view ticket 199');
    assert.equal(ticket('{"id":"19'), 'view ticket -');
    assert.equal(ticket('{"id":19'), 'view ticket -');
    assert.equal(ticket('{"id":19...'), 'view ticket -');
    assert.equal(ticket('{"ids":["1","2'), 'view ticket 1');
    assert.equal(ticket('{"id":1.5}'), 'view ticket -');
    assert.equal(ticket('{"id":-5}'), 'view ticket -');
    assert.equal(tell({ query: '"{ ticket(', variables: '{"id":"19' }), 'view ticket -');
    assert.equal(ticket('{"id'), 'view ticket -');
    assert.equal(ticket(''), 'view ticket -');
    assert.equal(ticket('null'), 'view ticket -');
    assert.equal(ticket(']]}}"id":"5"'), 'view ticket -');
    assert.equal(ticket('"{\\"id\\":\\"199\\"}"'), 'view ticket 199');
    assert.equal(ticket('"{"id":"199"}'), 'view ticket 199');
  });

  it('is unclassified if nothing is known about it', () => {
    assert.equal(tell({}), 'unclassified');
    assert.equal(tell({ name: '', type: '', query: '', variables: '' }), 'unclassified');
  });

  it('is decided by the url when a REST request carries GraphQL columns', () => {
    assert.equal(tell({ ...documented, url: '/api/v2/users/9' }), 'write user 9');
  });
});
