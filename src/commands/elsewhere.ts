/** Accounts that are not, or not yet, in the database where the settings place them: pulled there, they would get a second sealed log. */
import type { Config } from '../config/config.ts';
import { openDatabase, type Database } from '../database/client.ts';
import { isFrom, KnownError } from '../errors.ts';
import type { Log } from '../logger.ts';
import { hasAccount, loadMove, type MoveState } from '../moving/states.ts';
import type { CommandContext } from './context.ts';
import { nameOfDatabase } from './databases.ts';

/**
 * The accounts that are not where the settings say, each with why it is not pulled. An account of which its database knows
 * the others are not searched.
 */
export async function findElsewhere(
  context: CommandContext,
  configs: readonly Config[],
  db: Database,
  log: Log,
): Promise<ReadonlyMap<string, KnownError>> {
  const found = new Map<string, KnownError>();
  for (const config of configs) {
    const { account } = config.zendesk;
    const { move, isKnown } = await ask(db, account);
    const reason =
      move === undefined || move.state === 'arrived'
        ? !isKnown && (await findInOthers(context, config, log))
        : explainMove(account, move);
    if (reason instanceof KnownError) found.set(account, reason);
  }
  return found;
}

function explainMove(account: string, { state, other }: MoveState): KnownError {
  if (state === 'arriving')
    return new KnownError('account_moved', {
      found: `The account ${account} is being moved here from the database ${other}, and has not arrived yet`,
      wayOut: 'Start the process again when it has',
    });
  const word = state === 'left' ? 'was' : 'is being';
  return new KnownError('account_moved', {
    found: `The account ${account} ${word} moved to the database ${other}`,
    wayOut: `Set database: ${other} for it in ACCOUNTS_FILE, and start the process again`,
  });
}

async function findInOthers(
  context: CommandContext,
  config: Config,
  log: Log,
): Promise<KnownError | undefined> {
  const { account } = config.zendesk;
  const own = nameOfDatabase(config);
  for (const { config: other } of own === undefined ? [] : context.readPlaces({})) {
    const name = nameOfDatabase(other);
    if (name === undefined || name === own || other.database.kind !== 'server') continue;
    const there = openDatabase({ url: other.database.url, connections: 1, patienceMs: 0 });
    try {
      const { move, isKnown } = await ask(there, account);
      if (!isKnown || move?.state === 'left') continue;
      return new KnownError('account_moved', {
        found: `ACCOUNTS_FILE places the account ${account} in the database ${own}, and it is in ${name}`,
        wayOut: `Run "account move ${account} --to ${own}", or set its database to ${name}`,
      });
    } catch (error) {
      // One that is away stops only its own accounts.
      if (!isFrom(error, 'database')) throw error;
      const facts = { account, database: name, err: error };
      log.warn(facts, 'could not check that the account is not in another database');
    } finally {
      await there.close();
    }
  }
  return undefined;
}

type Answer = { readonly move: MoveState | undefined; readonly isKnown: boolean };

/** What a database knows of an account; it may have no tables yet. */
async function ask(db: Database, account: string): Promise<Answer> {
  const [tables] = await db.query<{ streams: boolean; moves: boolean }>(
    `select to_regclass('zendesk_sync.streams') is not null as streams, to_regclass('zendesk_sync.moves') is not null as moves`,
  );
  return {
    move: tables?.moves === true ? await loadMove(db, account) : undefined,
    isKnown: tables?.streams === true && (await hasAccount(db, account)),
  };
}
