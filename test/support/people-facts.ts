import assert from 'node:assert/strict';
import type { Database } from '../../src/database/client.ts';
import type { Simulator } from '../../src/simulator/simulator.ts';
import { account, type Installation } from './installation.ts';

const signal = new AbortController().signal;

/** A row of `zendesk.users`, in the form for tests. */
export type UserFact = {
  id: string;
  name: string | null;
  email: string | null;
  role: string | null;
  team: boolean;
  departed: boolean;
};

/** All stored people, by id. */
export async function loadUsers(db: Database): Promise<UserFact[]> {
  return db.query<UserFact>(
    `select id::text, name, email, role, team_member as team, departed_at is not null as departed
     from zendesk.users where account = $1 order by id`,
    [account],
  );
}

/** Updates the people; fails unless that completes. */
export async function listPeople({
  worker,
}: Installation): Promise<{ requests: number; new: number; changed: number }> {
  const { outcome, error, counts } = await worker('users').follow(signal);
  assert.equal(outcome, 'complete', error);
  return { requests: counts.requests, new: counts.new, changed: counts.changed };
}

/** The first 300 end users of the account by id, as the API lists them: customers, not team members. */
export async function listCustomers({
  url,
  options,
}: Simulator): Promise<{ id: number; name: string; email: string | null }[]> {
  const headers = { authorization: `Bearer ${options.credentials.readyToken}` };
  const pages = [1, 2, 3].map(async (page) => {
    const response = await fetch(`${url}/api/v2/users?role=end-user&page=${page}`, { headers });
    const { users }: { users: { id: number; name: string; email: string | null }[] } = JSON.parse(
      await response.text(),
    );
    return users;
  });
  return (await Promise.all(pages)).flat();
}

/** The ids in each look-up, since a number of requests. */
export function listLookups({ simulator }: Installation, skip = 0): string[][] {
  return simulator
    .requests()
    .slice(skip)
    .filter(({ path }) => path === '/api/v2/users/show_many')
    .map(({ query }) => {
      const parameters = new URLSearchParams(query);
      assert.equal(parameters.get('include_deleted'), 'true');
      return (parameters.get('ids') ?? '').split(',');
    });
}
