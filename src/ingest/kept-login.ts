/**
 * A login with a refresh token, stored in Postgres (contract 6.2): one pair of tokens for all processes of the installation.
 */
import { randomUUID } from 'node:crypto';
import type { Queryable } from '../database/client.ts';
import type { KeptLogin, LoginKeeper, RefreshTurn, TokenPair } from '../zendesk/login-keeper.ts';
import type { Credentials, RefreshCredentials } from '../zendesk/secrets.ts';
import { createSeal, type Seal } from './sealed-tokens.ts';

/** Longer than an attempt may take; each attempt begins with a new turn. */
const turnSeconds = 120;
/** A turn with a later end was recorded before the database's clock was set back. */
const longestTurnSeconds = 600;
/** A refused token is tried again after this time: the refusal may have been a temporary error. */
const refusalSeconds = 3600;

/** The keeper of an account's login; undefined for credentials that need none. */
export function createLoginKeeper(
  db: Queryable,
  account: string,
  credentials: Credentials,
): LoginKeeper | undefined {
  return credentials.kind === 'oauth-refresh' ? keepLogin(db, account, credentials) : undefined;
}

function keepLogin(
  db: Queryable,
  account: string,
  { clientSecret, firstToken }: RefreshCredentials,
): LoginKeeper {
  const seal = createSeal(account, clientSecret);
  const firstName = firstToken === undefined ? undefined : seal.nameToken(firstToken);
  return {
    load: async () => (await readLogin(db, account, seal)).kept,
    async takeTurn() {
      await db.query(
        'insert into zendesk_sync.oauth_logins (account) values ($1) on conflict do nothing',
        [account],
      );
      const id = randomUUID();
      const [row] = await db.query<TurnRow>(takeTurn, [account, id]);
      if (row === undefined) return undefined;
      const isFirst = firstName !== undefined && !row.spent_tokens.includes(firstName);
      const stored = row.sealed_tokens === null ? undefined : openTokens(row.sealed_tokens, seal);
      const refreshToken = isFirst ? firstToken : stored?.refreshToken;
      const name = refreshToken === undefined ? undefined : seal.nameToken(refreshToken);
      return {
        id,
        mark: row.mark ?? undefined,
        refreshToken,
        hasFallback: isFirst && stored !== undefined,
        wasInterrupted: row.was_interrupted,
        isRefused: row.refused_token !== null && row.refused_token === name,
        absence: describeAbsence(row, firstToken),
      };
    },
    async prolong({ id }) {
      const rows = await db.query(prolongTurn, [account, id]);
      return rows.length > 0;
    },
    async endTurn({ id }) {
      await db.query(
        'update zendesk_sync.oauth_logins set turn = null, turn_until = null where account = $1 and turn = $2',
        [account, id],
      );
    },
    keep: (pair, mark, former) =>
      putPair(db, account, seal, pair, { mark, former, spent: firstName, isForced: false }),
    async refuse({ refreshToken = '', hasFallback }: RefreshTurn) {
      const name = seal.nameToken(refreshToken);
      await db.query(hasFallback ? spendToken : refuseToken, [account, name]);
    },
  };
}

/** Replaces the stored pair with that of a new login. */
export async function replaceLogin(
  db: Queryable,
  account: string,
  { clientSecret, firstToken }: Pick<RefreshCredentials, 'clientSecret' | 'firstToken'>,
  pair: TokenPair,
): Promise<void> {
  const seal = createSeal(account, clientSecret);
  // A first token that is still in the settings must not be tried again.
  const spent = firstToken === undefined ? undefined : seal.nameToken(firstToken);
  await putPair(db, account, seal, pair, {
    mark: randomUUID(),
    former: undefined,
    spent,
    isForced: true,
  });
}

/** What is known about a login without using it. */
export type LoginFacts = {
  /** Undefined if there is none, or none that this secret can decrypt. */
  readonly kept: KeptLogin | undefined;
  /** Whether there is one that was encrypted with another secret. */
  readonly isForeign: boolean;
  /** When its pair was refused; undefined if it was not. */
  readonly refusedAt: Date | undefined;
};

/** Reads the login of an account. */
export function loadLogin(
  db: Queryable,
  account: string,
  { clientSecret }: RefreshCredentials,
): Promise<LoginFacts> {
  return readLogin(db, account, createSeal(account, clientSecret));
}

async function readLogin(db: Queryable, account: string, seal: Seal): Promise<LoginFacts> {
  const [row] = await db.query<LoginRow>(load, [account]);
  if (row === undefined || row.sealed_tokens === null || row.mark === null)
    return { kept: undefined, isForeign: false, refusedAt: row?.refused_at ?? undefined };
  const tokens = openTokens(row.sealed_tokens, seal);
  if (tokens === undefined) return { kept: undefined, isForeign: true, refusedAt: undefined };
  const isRefused = row.refused_token === seal.nameToken(tokens.refreshToken);
  return {
    kept: {
      accessToken: tokens.accessToken,
      scope: row.scope ?? undefined,
      accessLeftMs: row.access_left_ms,
      accessLifeMs: row.access_life_ms,
      refreshLeftMs: row.refresh_left_ms ?? undefined,
      mark: row.mark,
    },
    isForeign: false,
    refusedAt: isRefused ? (row.refused_at ?? undefined) : undefined,
  };
}

type Tokens = Pick<TokenPair, 'accessToken' | 'refreshToken'>;

function openTokens(sealed: Buffer, seal: Seal): Tokens | undefined {
  const text = seal.open(sealed);
  return text === undefined ? undefined : (JSON.parse(text) as Tokens);
}

function describeAbsence(
  { sealed_tokens: sealed }: Pick<TurnRow, 'sealed_tokens'>,
  firstToken: string | undefined,
): string {
  if (sealed !== null)
    return 'The login that is kept in the database cannot be read with this ZENDESK_CLIENT_SECRET: it was kept with another one';
  return firstToken === undefined
    ? 'Nobody has logged in yet: there is no refresh token'
    : 'ZENDESK_REFRESH_TOKEN was used before, and what came after it is not in this database';
}

type Placing = {
  readonly mark: string;
  /** The pair to replace; `isForced` replaces any pair. */
  readonly former: string | undefined;
  readonly isForced: boolean;
  /** A first token that must no longer be used. */
  readonly spent: string | undefined;
};

async function putPair(
  db: Queryable,
  account: string,
  seal: Seal,
  { accessToken, refreshToken, scope, accessLeftMs, refreshLeftMs }: TokenPair,
  { mark, former, isForced, spent }: Placing,
): Promise<void> {
  const sealed = seal.close(JSON.stringify({ accessToken, refreshToken } satisfies Tokens));
  await db.query(put, [
    account,
    mark,
    sealed,
    scope ?? null,
    accessLeftMs,
    refreshLeftMs ?? null,
    spent === undefined ? [] : [spent],
    isForced,
    former ?? null,
  ]);
}

type LoginRow = {
  readonly mark: string | null;
  readonly sealed_tokens: Buffer | null;
  readonly scope: string | null;
  readonly access_left_ms: number;
  readonly access_life_ms: number;
  readonly refresh_left_ms: number | null;
  readonly refused_token: string | null;
  readonly refused_at: Date | null;
};

const load = `select mark::text as mark, sealed_tokens, scope, refused_token, refused_at,
    (extract(epoch from access_expires_at - clock_timestamp()) * 1000)::float8 as access_left_ms,
    (extract(epoch from access_expires_at - kept_at) * 1000)::float8 as access_life_ms,
    (extract(epoch from refresh_expires_at - clock_timestamp()) * 1000)::float8 as refresh_left_ms
  from zendesk_sync.oauth_logins where account = $1`;

type TurnRow = {
  readonly mark: string | null;
  readonly sealed_tokens: Buffer | null;
  readonly spent_tokens: readonly string[];
  /** The time of a refusal that still counts. */
  readonly refused_token: string | null;
  readonly was_interrupted: boolean;
};

const takeTurn = `with free as (
    select account, turn is not null as was_interrupted, clock_timestamp() as at,
      clock_timestamp() + interval '${turnSeconds} seconds' as until, clock_timestamp() - interval '${refusalSeconds} seconds' as since
    from zendesk_sync.oauth_logins
    -- Its own when the answer to the same statement was lost.
    where account = $1 and (turn is null or turn = $2 or turn_until <= clock_timestamp()
      or turn_until > clock_timestamp() + interval '${longestTurnSeconds} seconds')
    for update
  )
  update zendesk_sync.oauth_logins l
  set turn = $2, turn_until = free.until
  from free where l.account = free.account
  returning l.mark::text as mark, l.sealed_tokens, l.spent_tokens, free.was_interrupted,
    case when l.refused_at between free.since and free.at
      then l.refused_token end as refused_token`;

const prolongTurn = `update zendesk_sync.oauth_logins
  set turn_until = clock.at
  from (select clock_timestamp() + interval '${turnSeconds} seconds' as at) as clock
  where account = $1 and turn = $2
  returning account`;

/** Safe to repeat after a COMMIT whose answer was lost. */
const put = `insert into zendesk_sync.oauth_logins as l
    (account, mark, sealed_tokens, scope, kept_at, access_expires_at, refresh_expires_at, spent_tokens)
  values ($1, $2, $3, $4, clock_timestamp(), clock_timestamp() + make_interval(secs => $5::float8 / 1000),
    clock_timestamp() + make_interval(secs => $6::float8 / 1000), $7)
  on conflict (account) do update
  set mark = excluded.mark, sealed_tokens = excluded.sealed_tokens, scope = excluded.scope, kept_at = excluded.kept_at,
    access_expires_at = excluded.access_expires_at, refresh_expires_at = excluded.refresh_expires_at,
    spent_tokens = (select coalesce(array_agg(distinct spent), '{}') from unnest(l.spent_tokens || excluded.spent_tokens) spent),
    turn = null, turn_until = null, refused_token = null, refused_at = null
  where $8 or l.mark is not distinct from $9::uuid or l.mark = excluded.mark`;

const refuseToken = `update zendesk_sync.oauth_logins
  set refused_token = $2, refused_at = clock.at from (select clock_timestamp() as at) as clock where account = $1`;

const spendToken = `update zendesk_sync.oauth_logins
  set spent_tokens = spent_tokens || $2::text where account = $1 and not $2 = any (spent_tokens)`;
