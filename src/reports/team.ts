import type { PersonState } from '../database/reports/team-history.ts';

/** The roles of those whom the access log records. */
export const teamRoles = ['agent', 'admin'] as const;

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
