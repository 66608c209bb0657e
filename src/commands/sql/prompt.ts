/** A small prompt: statements over several lines, `\d`, and Ctrl-C for the running one. */
import { createInterface } from 'node:readline';
import type { Statement } from '../../database/statements.ts';
import type { CommandContext } from '../context.ts';
import { splitStatements } from './split.ts';

const first = 'sql> ';
const further = '...> ';

/** Reads statements until Ctrl-D or `\q`. `run` reports its own errors; `cancel` ends the running statement. */
export async function runPrompt(
  { stdin, stdout }: Pick<CommandContext, 'stdin' | 'stdout'>,
  run: (statement: Statement) => Promise<void>,
  cancel: () => void,
): Promise<void> {
  const lines = createInterface({ input: stdin, output: stdout, terminal: true, prompt: first });
  let pending = '';
  let isRunning = false;
  const { promise: ended, resolve: end } = Promise.withResolvers<void>();
  let work = Promise.resolve();

  const take = async (line: string): Promise<void> => {
    const { statements, rest } = splitStatements(`${pending}${line}\n`);
    pending = rest.trim() === '' ? '' : rest;
    for (const statement of statements) {
      if (statement.text.startsWith('\\q')) return lines.close();
      isRunning = true;
      await run(statement);
      isRunning = false;
    }
    lines.setPrompt(pending === '' ? first : further);
    lines.prompt();
  };
  lines.on('line', (line) => {
    work = work.then(() =>
      take(/^\s*(?:exit|quit);?\s*$/i.test(line) && pending === '' ? '\\q' : line),
    );
  });
  lines.on('SIGINT', () => {
    if (isRunning) return cancel();
    pending = '';
    stdout.write('^C\n');
    lines.setPrompt(first);
    // The typed part of this line is dropped.
    lines.write(null, { ctrl: true, name: 'e' });
    lines.write(null, { ctrl: true, name: 'u' });
    lines.prompt();
  });
  lines.on('close', end);
  lines.prompt();
  await ended;
  await work;
  stdout.write('\n');
}
