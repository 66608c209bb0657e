/** What is to be done so that the tables are spread over the servers of Citus. Pure. */
import { places } from './places.ts';

/** The state of a database. */
export type SpreadState = {
  /** The tables that Citus has, by their usual names. */
  readonly spread: ReadonlySet<string>;
  /** Triggers on tables that are not spread yet, and on their partitions. */
  readonly triggers: readonly {
    readonly table: string;
    readonly relation: string;
    readonly name: string;
  }[];
  /** Foreign keys between tables that are not spread yet. */
  readonly foreignKeys: readonly {
    readonly relation: string;
    readonly name: string;
    readonly definition: string;
  }[];
  /** Functions that statements on spread tables may call, with the types of their parameters. */
  readonly functions: readonly string[];
  /** The roles for readers that this server has. */
  readonly roles: readonly string[];
};

/** Statements that belong together, in one transaction, and what is so afterwards. */
export type SpreadStep = { readonly done: string; readonly statements: readonly string[] };

/** Several tables in one transaction need this (Citus documentation, "Modifying reference and distributed tables"). */
const sequential = `set local citus.multi_shard_modify_mode = 'sequential'`;

/** The steps that are left, in their order; those for functions and settings are always there, as they can be repeated. */
export function planSpreading(state: SpreadState): readonly SpreadStep[] {
  return [
    ...planRoles(state),
    ...planReferences(state),
    ...planTables(state),
    ...planFunctions(state),
    {
      done: 'Functions that look up people may read tables where the rows are.',
      statements: [
        `select success, result from run_command_on_all_nodes(format('alter database %I set citus.allow_nested_distributed_execution = on', current_database()))`,
      ],
    },
  ];
}

/** Grants go with the tables, so the roles have to be there. */
function planRoles({ roles }: SpreadState): readonly SpreadStep[] {
  if (roles.length === 0) return [];
  const make = roles.map(
    (role) => `if to_regrole('${role}') is null then create role ${role} nologin; end if;`,
  );
  const command = `do $roles$ begin ${make.join(' ')} end $roles$`;
  return [
    {
      done: `Every server has the roles ${roles.join(', ')}.`,
      statements: [
        `select success, result from run_command_on_workers($command$${command}$command$)`,
      ],
    },
  ];
}

function planReferences({ spread, foreignKeys }: SpreadState): readonly SpreadStep[] {
  const tables = tablesAt('everywhere').filter((name) => !spread.has(name));
  if (tables.length === 0) return [];
  return [
    {
      done: `Every server has ${tables.join(', ')}.`,
      statements: [
        sequential,
        ...foreignKeys.map(
          ({ relation, name }) => `alter table ${relation} drop constraint ${name}`,
        ),
        ...tables.map((name) => `select create_reference_table('${name}')`),
        ...foreignKeys.map(
          ({ relation, name, definition }) =>
            `alter table ${relation} add constraint ${name} ${definition}`,
        ),
      ],
    },
    ...tables.map(emptyLocal),
  ];
}

function planTables({ spread, triggers }: SpreadState): readonly SpreadStep[] {
  const all = tablesAt('by_account');
  let beside = all.find((name) => spread.has(name));
  return all
    .filter((name) => !spread.has(name))
    .flatMap((name) => {
      const place = beside ?? 'none';
      beside ??= name;
      return [
        {
          done: `${name} is spread by account.`,
          statements: [
            ...prepareTriggers(triggers.filter(({ table }) => table === name)),
            `select create_distributed_table('${name}', 'account', colocate_with => '${place}')`,
          ],
        },
        emptyLocal(name),
      ];
    });
}

/**
 * Triggers that count what is changed by hand write to tables of the coordinator, which they cannot from other servers. That
 * nobody rewrites what is recorded permanently needs no other table: each server can refuse it.
 */
function prepareTriggers(triggers: SpreadState['triggers']): readonly string[] {
  return [
    ...(triggers.some(isKept) ? ['set local citus.enable_unsafe_triggers = on'] : []),
    ...triggers
      .filter((trigger) => !isKept(trigger))
      .map(({ name, relation }) => `drop trigger ${name} on ${relation}`),
  ];
}

/** Citus leaves the rows that it has copied where they were, hidden. */
function emptyLocal(name: string): SpreadStep {
  return {
    done: `What ${name} took on this server before is free.`,
    statements: [`select truncate_local_data_after_distributing_table('${name}')`],
  };
}

function planFunctions({ functions }: SpreadState): readonly SpreadStep[] {
  return functions.map((name) => ({
    done: `Every server has ${name}.`,
    statements: [`select create_distributed_function('${name}')`],
  }));
}

function tablesAt(place: (typeof places)[string]): readonly string[] {
  return Object.keys(places).filter((name) => places[name] === place);
}

function isKept({ name }: { readonly name: string }): boolean {
  return name.includes('refuse_rewriting');
}
