/** Who the people of the logs were when they acted. */
import type { Queryable } from '../../database/client.ts';

/** The roles of those whom the access log records. */
export const teamRoles = ['agent', 'admin'] as const;

/** What a person was called, and what they were, from a moment on. */
export type PersonState = {
  readonly id: string;
  readonly validFrom: Date;
  readonly name: string | null;
  readonly role: string | null;
  /** Whether they were an agent or admin. */
  readonly teamMember: boolean;
};

/** A person as they were at some time. Nobody is without a name but for requests that name no one. */
type PersonThen = {
  readonly name: string | null;
  /** One of `teamRoles`; null where it is not known. */
  readonly role: string | null;
};

/** Tells what people were called, and what they were, when they acted. */
export type Team = {
  describe(id: string | null, at: Date): PersonThen;
};

/**
 * Makes a team of the states of its people, given by person and time.
 *
 * A state counts from when it was first seen here, so the oldest one stands for the time before too. Whoever acts in a
 * log was an agent or admin then: the state after their departure is passed over for the last one before it, and where
 * there is none, their role then is not known.
 */
export function createTeam(states: readonly PersonState[]): Team {
  const people = new Map<string, PersonState[]>();
  for (const state of states) {
    const own = people.get(state.id);
    if (own === undefined) people.set(state.id, [state]);
    else own.push(state);
  }
  return {
    describe(id, at) {
      if (id === null) return { name: null, role: null };
      // Whoever sorts a spreadsheet by names must not find two strangers under one.
      const stranger = `user ${id}`;
      const own = people.get(id);
      if (own === undefined) return { name: stranger, role: null };
      const past = own.filter(({ validFrom }) => validFrom <= at);
      const known = past.length > 0 ? past : own.slice(0, 1);
      const then = known.findLast(({ teamMember }) => teamMember) ?? known.at(-1);
      const name = then?.name ?? own.findLast((state) => state.name !== null)?.name ?? stranger;
      return { name, role: teamRoles.find((role) => role === then?.role) ?? null };
    },
  };
}

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
