import type { Command } from 'commander';
import { hasCode } from '../../errors.ts';
import { formatVerifierKey } from '../../evidence/forms/keys.ts';
import { listLogKeys, type LogKey } from '../../evidence/key-history.ts';
import { addExample } from '../arguments.ts';
import type { CommandContext } from '../context.ts';
import { listFilled, nameOfDatabase } from '../databases.ts';
import { withLocalDatabases } from '../session.ts';
import { toJson } from '../terminal/words.ts';
import { findKeyOf, readEvidenceSettings } from './evidence.ts';

/** A log with its keys. */
type ShownLog = {
  readonly account: string;
  readonly origin: string;
  /** Null where its database could not be asked. */
  readonly keys: readonly Omit<LogKey, 'account' | 'origin'>[] | null;
  /** The verifier key of the settings; null where there is none here. */
  readonly key_of_settings: string | null;
};

/** `keys show`: what somebody needs who verifies a log, and nothing secret. */
export function addShow(keys: Command, context: CommandContext): void {
  const command = keys
    .command('show')
    .description('the name and the verifier keys of each log, and since which entry each signs')
    .option('--json', 'print them as JSON')
    .action(async ({ json = false }: { readonly json?: boolean }) => {
      const logs = await listLogs(context);
      context.print(json ? toJson(logs) : logs.map(renderLog).join('\n\n'));
    });
  addExample(command, 'zendesk-log-sync keys show');
}

async function listLogs(context: CommandContext): Promise<readonly ShownLog[]> {
  const { evidenceOf, accounts } = readEvidenceSettings(context);
  const asked = await withLocalDatabases(context, async ({ db }, config) => ({
    database: nameOfDatabase(config),
    logs: await listLogKeys(db),
  })).catch((error: unknown) => {
    if (hasCode(error, 'nothing_pulled')) return undefined;
    throw error;
  });
  const known = (asked ?? []).flatMap(({ logs }) => logs);
  const places = listFilled(context);
  const meant = places.flatMap((place) => place.accounts ?? accounts);
  const away = places
    .filter(({ config }) => asked?.every(({ database }) => database !== nameOfDatabase(config)))
    .flatMap((place) => place.accounts ?? []);
  const names = [...new Set([...known.map(({ account }) => account), ...meant])];
  return names.map((account) => {
    const own = known.filter((each) => each.account === account);
    const evidence = evidenceOf(account);
    const origin = own[0]?.origin ?? evidence.origin ?? `${account}/zendesk-log-sync`;
    const key = findKeyOf(evidence, origin);
    return {
      account,
      origin,
      keys: away.includes(account)
        ? null
        : own.map(({ key: line, since_entry, signs }) => ({ key: line, since_entry, signs })),
      key_of_settings: key === undefined ? null : formatVerifierKey(key.verifier),
    };
  });
}

function renderLog({ account, origin, keys, key_of_settings: own }: ShownLog): string {
  const lines = (keys ?? []).map(({ key, since_entry: since, signs }) => {
    const now = signs ? ', signs now' : '';
    return `  ${key}\n    since entry ${since}${now}${key === own ? ', the key of the settings' : ''}`;
  });
  const isKnown = (keys ?? []).some(({ key }) => key === own);
  const other =
    own === null
      ? ['  There is no key of the settings yet.']
      : isKnown
        ? []
        : [
            `  ${own}\n    the key of the settings, ${keys === null ? 'and the database that knows what it signs could not be asked' : 'which signs nothing yet'}`,
          ];
  return [`Account ${account}, log ${origin}`, ...lines, ...other].join('\n');
}
