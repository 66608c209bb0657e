import type { Command } from 'commander';
import { addExample } from './arguments.ts';
import type { CommandContext } from './context.ts';

/** The words that may follow a command. */
type Place = {
  /** The names of the commands up to this one, separated by spaces; empty for the program. */
  readonly path: string;
  readonly commands: readonly string[];
  readonly options: readonly string[];
};

const program = 'zendesk-log-sync';

const writers: Readonly<Record<string, (places: readonly Place[]) => string>> = {
  bash: writeBash,
  zsh: (places) =>
    `#compdef ${program}\nautoload -U +X bashcompinit && bashcompinit\n${writeBash(places)}`,
  fish: writeFish,
};

/** `completion`: a script that completes commands and options in a shell. */
export function addCompletion(command: Command, context: CommandContext): void {
  const root = command.parent ?? command;
  command.argument('<shell>', Object.keys(writers).join(', ')).action((shell: string) => {
    const write = writers[shell];
    if (write === undefined)
      root.error(
        `error: "${shell}" is not a supported shell. Use ${Object.keys(writers).join(', ')}.`,
      );
    else context.print.raw(write(listPlaces(root, [])));
  });
  addExample(command, `source <(${program} completion bash)`);
}

function listPlaces(command: Command, path: readonly string[]): Place[] {
  const commands = command.commands.filter((each) => each.name() !== 'help');
  return [
    {
      path: path.join(' '),
      commands: commands.map((each) => each.name()),
      options: [...command.options.flatMap(({ long }) => long ?? []), '--help'],
    },
    ...commands.flatMap((each) => listPlaces(each, [...path, each.name()])),
  ];
}

/** Follows the words as long as they are commands, and offers what may follow; files if nothing else. */
function writeBash(places: readonly Place[]): string {
  const cases = places.map(
    ({ path, commands, options }) =>
      `    '${path}') words='${[...commands, ...options].join(' ')}' ;;`,
  );
  const known = places.map(({ path }) => `'${path}'`).join('|');
  return `_zendesk_log_sync() {
  local path='' next word words=''
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="\${path:+$path }$word"
    case "$next" in ${known}) path="$next" ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -o default -F _zendesk_log_sync ${program}
`;
}

function writeFish(places: readonly Place[]): string {
  const lines = places.flatMap(({ path, commands, options }) => {
    const at = `complete -c ${program} -n '__zendesk_log_sync_at "${path}"'`;
    return [
      ...commands.map((name) => `${at} -f -a ${name}`),
      ...options.map((option) => `${at} -l ${option.slice(2)}`),
    ];
  });
  const known = places.map(({ path }) => `'${path}'`).join(' ');
  return `function __zendesk_log_sync_at
  set -l path ''
  for word in (commandline -opc)[2..-1]
    set -l next (string trim "$path $word")
    contains -- "$next" ${known}; and set path "$next"
  end
  test "$path" = "$argv[1]"
end
${lines.join('\n')}
`;
}
