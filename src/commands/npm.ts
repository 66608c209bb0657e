/** What npm does to the arguments of `npm start` and `npm run demo`. */
import type { Command } from 'commander';
import { refuseInput } from '../errors.ts';
import type { CommandContext, ProcessLike } from './context.ts';

type Env = CommandContext['env'];

/** The option that npm has too: it may be in the user's own npm settings. */
const sharedOption = 'json';

/** Whether `npm start` or `npm run demo` in a checkout runs the program. */
export function isRunByNpm({ npm_lifecycle_event: script }: Env): boolean {
  return script === 'start' || script === 'demo';
}

/** How to call the program here with these arguments: with npm in a checkout, by its name if it is installed. */
export function nameCommand(env: Env, args: string): string {
  if (!isRunByNpm(env)) return `zendesk-log-sync ${args}`;
  return args === 'demo' ? 'npm run demo' : `npm start -- ${args}`;
}

/** What commander reports when npm has kept an option and passed on its value, or the other way round. */
const effects = [
  'commander.excessArguments',
  'commander.missingArgument',
  'commander.missingMandatoryOptionValue',
];

/** What to do about arguments that did not arrive as intended; undefined if npm cannot be the cause. */
export function adviseDashes(
  { argv, env }: Pick<ProcessLike, 'argv' | 'env'>,
  code: string,
): string | undefined {
  // An option that has arrived had the dashes before it.
  const isPossible = effects.includes(code) && !argv.slice(2).some((word) => word.startsWith('-'));
  return isRunByNpm(env) && isPossible ? explainDashes(env) : undefined;
}

function explainDashes(env: Env): string {
  const call =
    env['npm_lifecycle_event'] === 'demo' ? 'npm run demo -- --once' : 'npm start -- status --json';
  return `npm takes options for itself unless you put "--" before them, as in "${call}".`;
}

/**
 * Notices options of this program that npm has kept, because the `--` before them is missing. Returns a sentence about the
 * one that npm may have from its own settings.
 *
 * @throws {KnownError} `bad_input` for every other one
 */
export function checkKeptByNpm(env: Env, program: Command): string | undefined {
  if (!isRunByNpm(env)) return undefined;
  const kept = listOptions(program).filter(
    (name) => (env[`npm_config_${name.replaceAll('-', '_')}`] ?? '') !== '',
  );
  const lost = kept.filter((name) => name !== sharedOption);
  if (lost.length > 0) throw refuseInput([describeKept(env, lost)]);
  return kept.length > 0 ? describeKept(env, kept) : undefined;
}

function describeKept(env: Env, names: readonly string[]): string {
  const options = names.map((name) => `--${name}`).join(', ');
  return `npm has taken ${options} for itself. ${explainDashes(env)}`;
}

/** The long options of a command and its subcommands, without the dashes. */
function listOptions(command: Command): readonly string[] {
  const own = command.options.flatMap(({ long }) =>
    typeof long === 'string' ? [long.slice(2)] : [],
  );
  return [...new Set([...own, ...command.commands.flatMap(listOptions)])];
}
