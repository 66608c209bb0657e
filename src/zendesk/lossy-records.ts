/** Records whose parsed form loses something. */
import { refuseAnswer, type Answer } from './answer.ts';
import { parseJson } from './body.ts';
import { isFaithful } from './faithful.ts';

const none: ReadonlySet<number> = new Set();

/** A single record; undefined if it is not JSON. */
export function parseRecord(content: Buffer): unknown {
  try {
    return parseJson(content);
  } catch {
    return undefined;
  }
}

/**
 * The indices of the records for which parsing loses something. @throws {AttemptError} when the records cannot be separated,
 * for example if the answer has two lists of them
 */
export function findLossy(
  answer: Answer,
  json: unknown,
  records: readonly unknown[],
  originals: () => readonly Buffer[],
): ReadonlySet<number> {
  if (isFaithful(answer.body, json)) return none;
  const contents = originals();
  if (contents.length !== records.length)
    throw refuseAnswer(answer, 'cannot be cut into its records');
  const places = [...records.keys()];
  return new Set(
    places.filter((place) => {
      const content = contents[place];
      return (
        records[place] !== undefined &&
        content !== undefined &&
        !isFaithful(content, records[place])
      );
    }),
  );
}
