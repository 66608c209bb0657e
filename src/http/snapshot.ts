import { KnownError } from '../errors.ts';

/**
 * Asks a question only once in a while, for any number of callers: its answer, or its failure, is kept for `keepMs`.
 *
 * @throws {KnownError} `database_slow` when there is no answer after `limitMs`; the question continues, and its answer is
 *   kept for the next caller
 */
export function createSnapshot<T>(options: {
  readonly load: () => Promise<T>;
  readonly keepMs: number;
  readonly limitMs: number;
  /** Milliseconds of a monotonic clock. Default: that of the process. */
  readonly now?: () => number;
}): () => Promise<T> {
  const { load, keepMs, limitMs, now = () => performance.now() } = options;
  let answer: Promise<T> | undefined;
  let answeredMs: number | undefined;

  function ask(): Promise<T> {
    answeredMs = undefined;
    const note = (): void => void (answeredMs = now());
    const asked = load();
    asked.then(note, note);
    return asked;
  }

  return async () => {
    if (answer === undefined || (answeredMs !== undefined && now() - answeredMs >= keepMs))
      answer = ask();
    const { promise: late, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(
      () => reject(new KnownError('database_slow', { found: 'Postgres did not answer in time' })),
      limitMs,
    );
    try {
      return await Promise.race([answer, late]);
    } finally {
      clearTimeout(timer);
    }
  };
}
