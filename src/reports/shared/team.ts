/** Names and roles of the people in the logs at the time when they acted. */
import type { Queryable } from '../../database/client.ts';

/** The roles of the people whom the access log records. */
export const teamRoles = ['agent', 'admin'] as const;

/** The name and role of a person from a moment on. */
export type PersonState = {
  readonly id: string;
  readonly validFrom: Date;
  readonly name: string | null;
  readonly role: string | null;
  /** Whether they were an agent or admin. */
  readonly teamMember: boolean;
};

/** A person at some time. Everybody has a name, except for requests without a person. */
type PersonThen = {
  readonly name: string | null;
  /** One of `teamRoles`; null if not known. */
  readonly role: string | null;
};

/** Finds the names and roles of people at the time when they acted. */
export type Team = {
  describe(id: string | null, at: Date): PersonThen;
};

/**
 * Makes a team from the states of its people, sorted by person and time.
 *
 * A state counts from when it was first seen here, so the oldest one also counts for the time before. A person who acts in a
 * log was an agent or admin at that time: instead of a state after their departure, the last one before it is used; if there
 * is none, their role at that time is not known.
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
      // In a spreadsheet sorted by name, two different people must not have the same name.
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
 * Every state of everybody who acts in the logs, by person and time. They are the current and previous team members: few
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
