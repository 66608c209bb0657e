/** Questions to a person at a terminal, or to a pipe with the answers, one line each. */
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import type { ProcessLike } from '../context.ts';

/** Asks one question after the other. */
export type Prompt = {
  /** The answer without spaces around it; undefined at the end of the input, or after Ctrl-C. */
  readonly ask: (
    question: string,
    options?: { readonly isHidden?: boolean },
  ) => Promise<string | undefined>;
  readonly close: () => void;
};

/** Opens a prompt. Hidden answers are not shown, and no answer is kept in a history. */
export function openPrompt(
  { stdin, stdout }: Pick<ProcessLike, 'stdin' | 'stdout'>,
  signal: AbortSignal,
): Prompt {
  let isHidden = false;
  const screen = new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (!isHidden) stdout.write(chunk);
      done();
    },
  });
  const terminal = stdin.isTTY && stdout.isTTY;
  const lines = createInterface({ input: stdin, output: screen, terminal, historySize: 0 });
  const answers: string[] = [];
  let waiting: ((answer: string | undefined) => void) | undefined;
  let hasEnded = false;

  function give(answer: string | undefined): void {
    const receive = waiting;
    waiting = undefined;
    receive?.(answer);
  }

  function end(): void {
    hasEnded = true;
    lines.close();
    give(undefined);
  }

  lines.on('line', (line) => {
    if (waiting === undefined) answers.push(line.trim());
    else give(line.trim());
  });
  lines.on('close', end);
  // At a terminal readline handles Ctrl-C itself.
  lines.on('SIGINT', end);
  signal.addEventListener('abort', end, { once: true });

  return {
    async ask(question, options = {}) {
      stdout.write(question);
      isHidden = terminal && options.isHidden === true;
      const earlier = answers.shift();
      const { promise, resolve } = Promise.withResolvers<string | undefined>();
      if (earlier !== undefined || hasEnded) resolve(earlier);
      else waiting = resolve;
      const answer = await promise;
      // For a line break that nobody has typed, or that was not shown.
      if (isHidden || !terminal || answer === undefined) stdout.write('\n');
      isHidden = false;
      return answer;
    },
    close: () => lines.close(),
  };
}
