/** The commands of the program, as they describe themselves. */
import assert from 'node:assert/strict';
import { runProgram } from './program.ts';

/** A command as its `--help` describes it. */
export type Command = {
  /** Such as `report user`. */
  readonly name: string;
  readonly options: readonly string[];
  readonly subcommands: readonly string[];
};

/** Asks the program for a command and all its subcommands, this one first. */
export async function listCommands(name = ''): Promise<Command[]> {
  const { status, stdout } = await runProgram([...name.split(' '), '--help'].filter(Boolean));
  assert.equal(status, 0, name);
  const [, options = '', commands = ''] =
    /\nOptions:\n([^]*?)(?:\n\nCommands:\n([^]*?))?\n\n/.exec(`${stdout}\n`) ?? [];
  const command = {
    name,
    options: [...options.matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, option = '']) => option),
    subcommands: [...commands.matchAll(/^ {2}([\w-]+)/gm)]
      .map(([, word]) => `${name} ${word}`.trim())
      .filter((path) => !path.endsWith('help')),
  };
  const below = await Promise.all(command.subcommands.map(listCommands));
  return [command, ...below.flat()];
}
