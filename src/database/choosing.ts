/** Chooses the way to a database: the one that worked last, until it fails. */
import { isLostConnection } from './connection-errors.ts';
import { KnownError } from '../errors.ts';
import type { Target } from '../database-url.ts';
import { explainConnecting, fitsWithoutTls, speaksNoTls } from './handshake-errors.ts';
import type { Route, Way } from './ways.ts';

/** What to do with a connection. */
type Dealings<Client> = {
  /** Opens one on the current way. */
  readonly open: () => Promise<Client>;
  /** The first row of an answer. */
  readonly ask: (client: Client, text: string) => Promise<Record<string, unknown>>;
  readonly discard: (client: Client) => void;
};

/** Tries ways. */
type Choice = {
  /** The way to try next. */
  readonly current: () => Way;
  /**
   * A connection on a way that works, to a server of the wanted kind. @throws the driver's error for the first way with a
   * useful error, or a known error
   */
  readonly connect: <Client extends object>(dealings: Dealings<Client>) => Promise<Client>;
};

/** Remembers the way for all connections of a pool. */
export function createChoice({ ways, target }: Route): Choice {
  const suitable = new WeakSet();
  let at = 0;

  const current = (): Way => ways[at] ?? ways[0];
  /** Changes to the next way; false if none is left that differs enough. */
  const leave = (tried: number, skipsHost: boolean): boolean => {
    // Another caller may have changed the way meanwhile.
    if (at !== tried) return true;
    const others = ways.map((_, index) => (tried + 1 + index) % ways.length);
    const place = ways[tried]?.place;
    const next = others.find((other) => !skipsHost || ways[other]?.place !== place);
    at = next ?? tried;
    return next !== undefined;
  };

  async function tryEach<Client extends object>(
    wanted: Target,
    { open, ask, discard }: Dealings<Client>,
  ): Promise<Client> {
    const failures: { readonly error: unknown; readonly way: Way }[] = [];
    for (let tries = 0; tries < ways.length; tries += 1) {
      const tried = at;
      const way = current();
      try {
        const client = await open();
        if (suitable.has(client) || (await isSuitable(client, wanted, ask))) {
          suitable.add(client);
          return client;
        }
        discard(client);
        failures.push({ error: unsuitable(wanted), way });
        if (!leave(tried, true)) break;
      } catch (error) {
        failures.push({ error, way });
        const goesOn = isLostConnection(error) || fitsWithoutTls(error, way);
        if (!goesOn || ways.length === 1) throw explainConnecting(error, way);
        if (!leave(tried, isLostConnection(error))) break;
      }
    }
    const told =
      failures.find(({ error }) => error instanceof KnownError) ??
      failures.find(({ error }) => !speaksNoTls(error)) ??
      failures[0];
    throw told === undefined ? unsuitable(wanted) : explainConnecting(told.error, told.way);
  }

  return {
    current,
    async connect(dealings) {
      if (target !== 'prefer-standby') return tryEach(target, dealings);
      return tryEach('standby', dealings).catch((error: unknown) => {
        if (!isLostConnection(error)) throw error;
        return tryEach('any', dealings);
      });
    },
  };
}

async function isSuitable<Client>(
  client: Client,
  wanted: Target,
  ask: Dealings<Client>['ask'],
): Promise<boolean> {
  if (wanted === 'any') return true;
  const { standby, readonly } = await ask(
    client,
    `select pg_is_in_recovery() as standby,
       current_setting('default_transaction_read_only') = 'on' as readonly`,
  );
  if (wanted === 'primary') return standby === false;
  if (wanted === 'standby') return standby === true;
  return (standby === true || readonly === true) === (wanted === 'read-only');
}

function unsuitable(wanted: Target): KnownError {
  return new KnownError('database_unreachable', {
    found: `None of the servers in DATABASE_URL matches target_session_attrs=${wanted}`,
    wayOut: 'Wait for the failover to end, or check the list of hosts',
    systemCode: 'ECONNABORTED',
  });
}
