/** Who a user is and what they did last. */
import type { Person } from '../shared/person.ts';
import type { FieldChoice } from '../shared/record-fields.ts';

/** What is asked for. */
export type UserQuestion = {
  /** An id, an e-mail address or a name. */
  readonly user: string;
  /** How many activities. */
  readonly last: number;
  /** How much of each record to show; with data from Zendesk, also of the user. */
  readonly fields: FieldChoice;
};

/** Where else to look: not every action is a change. */
export const changesOnly =
  'Activities are changes and sign-ins. What a user only looked at is in the access log.';

/** The title of a report about a user's activities. */
export function titleOf({ id, name }: Pick<Person, 'id' | 'name'>, last: number): string {
  return `${name ?? 'User'} (${id}): ${last === 1 ? 'the last activity' : `the last ${last} activities`}`;
}
