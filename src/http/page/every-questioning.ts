/** The questions of the page to the right database, or to all of them. */
import type { Database } from '../../database/client.ts';
import { isFrom, KnownError } from '../../errors.ts';
import type { Log } from '../../logger.ts';
import { mergeAnswers } from '../../page/merge.ts';
import type { Asked, Question } from '../../page/question.ts';
import { nameFault, type ServedDatabase } from '../databases.ts';
import { openQuestioning, type Questioning } from './questioning.ts';

/** A database that questions go to. */
type Place = { readonly database: ServedDatabase; readonly questioning: Questioning };

/** All databases that questions go to. */
export type EveryQuestioning = {
  readonly places: readonly Place[];
  /** That of an account; for another text the first one. */
  readonly of: (account: string | null) => Questioning;
  /**
   * Asks the database of the account that is named, or all of them. What one of several does not answer is said in `away`
   * beside what the others do.
   */
  readonly ask: (question: Question, asked: Asked) => Promise<unknown>;
  /** For the records of what was asked and done about an account. */
  readonly recordsOf: (account: string | null) => Database;
  readonly close: () => Promise<void>;
};

/** Opens the connections of the page to each database. */
export function openEveryQuestioning(
  databases: readonly ServedDatabase[],
  log: Log,
  questionMs?: number,
): EveryQuestioning {
  const places = databases.map((database) => ({
    database,
    questioning: openQuestioning(database.url, log, questionMs),
  }));
  const find = (account: string | null): Place | undefined =>
    places.find(({ database }) => database.accounts.includes(account ?? ''));
  const of = (account: string | null): Questioning => {
    const found = find(account) ?? places[0];
    if (found === undefined) throw new Error('There is no database.');
    return found.questioning;
  };
  return {
    places,
    of,
    async ask(question, asked) {
      const account = asked.parameters.get('account');
      if (places.length === 1 || find(account) !== undefined)
        return of(account).ask(question, asked);
      const answers = await Promise.allSettled(
        places.map(({ questioning }) => questioning.ask(question, asked)),
      );
      return mergeGiven(question, places, answers);
    },
    recordsOf: (account) => of(account).db,
    async close() {
      for (const { questioning } of places) await questioning.close();
    },
  };
}

/** What those answer that are there, and beside it why the others do not. */
function mergeGiven(
  { merge = mergeAnswers }: Question,
  places: readonly Place[],
  answers: readonly PromiseSettledResult<unknown>[],
): unknown {
  const given = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
  const away = answers.flatMap((answer, place) => {
    if (answer.status === 'fulfilled') return [];
    const error: unknown = answer.reason;
    if (given.length === 0 || !(error instanceof KnownError) || !isFrom(error, 'database'))
      throw error;
    return [nameFault(places[place]?.database.name, error.message)];
  });
  const merged = merge(given);
  return away.length === 0 ? merged : { ...(merged as object), away };
}
