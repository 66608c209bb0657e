import assert from 'node:assert/strict';
import type { Database } from '../../src/database/client.ts';
import { account, type Installation } from './installation.ts';

const signal = new AbortController().signal;

/** A row of `zendesk.users`, as tests look at it. */
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

/** Brings the people up to date; fails unless that completes. */
export async function listPeople({
  worker,
}: Installation): Promise<{ requests: number; new: number; changed: number }> {
  const { outcome, error, counts } = await worker('users').follow(signal);
  assert.equal(outcome, 'complete', error);
  return { requests: counts.requests, new: counts.new, changed: counts.changed };
}

/** The ids that each look-up asked for, since a number of requests. */
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
