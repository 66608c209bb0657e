import type { Queryable } from '../client.ts';

/** What a person was called, and what they were, from a moment on. */
export type PersonState = {
  readonly id: string;
  readonly validFrom: Date;
  readonly name: string | null;
  readonly role: string | null;
  /** Whether they were an agent or admin. */
  readonly teamMember: boolean;
};

/**
 * Every state of everybody who acts in the logs, by person and time. They are the team, present and departed: few
 * compared to the rows of any log.
 */
export async function loadTeamHistory(db: Queryable, account: string): Promise<PersonState[]> {
  return db.query<PersonState>(
    `select id::text, valid_from as "validFrom", name, role, team_member as "teamMember"
     from (
       select id, valid_from, name, role, team_member
       from zendesk.user_history
       where account = $1
       union all
       select u.id, u.valid_from, u.name, u.role, u.team_member
       from zendesk.users u
       where u.account = $1
         and not exists (select from zendesk.user_history h where h.account = $1 and h.id = u.id and h.valid_to is null)
     ) as states
     order by id, valid_from`,
    [account],
  );
}
