/** Whose turn it is to refresh a login, and what becomes of a pair: with tokens that are kept in memory. */
import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { KnownError } from '../../src/errors.ts';
import type { Channel } from '../../src/zendesk/channel.ts';
import { createHttp } from '../../src/zendesk/http.ts';
import type {
  KeptLogin,
  LoginKeeper,
  RefreshTurn,
  TokenPair,
} from '../../src/zendesk/login-keeper.ts';
import type { AdoptedGrant } from '../../src/zendesk/minting.ts';
import { createReach } from '../../src/zendesk/reach.ts';
import { createRefresher } from '../../src/zendesk/refreshed-login.ts';
import { createSecrets, type RefreshCredentials, type Secrets } from '../../src/zendesk/secrets.ts';
import { startServer, tokenReply, type Reply, type ScriptedServer } from './scripted-server.ts';

const credentials: RefreshCredentials = {
  kind: 'oauth-refresh',
  clientId: 'log-puller',
  clientSecret: 'client-secret',
  firstToken: undefined,
};

const turn: RefreshTurn = {
  id: 'turn',
  mark: undefined,
  refreshToken: 'refresh-0',
  hasFallback: false,
  wasInterrupted: false,
  isRefused: false,
  absence: 'there is no login',
};

type Kept = {
  readonly pair: TokenPair;
  readonly mark: string;
  readonly former: string | undefined;
};

type Stage = {
  readonly server: ScriptedServer;
  readonly secrets: Secrets;
  /** What the keeper was asked to do. */
  readonly calls: string[];
  readonly kept: Kept[];
  /** Gets a token other than the refused one. */
  readonly mint: (refused?: string) => Promise<{
    readonly grant: AdoptedGrant;
    readonly askedAtMs: number;
  }>;
  readonly clock: { now: number };
  readonly closing: AbortController;
};

const goodFor = (accessToken: string, mark: string, leftMs = 3_600_000): KeptLogin => ({
  accessToken,
  scope: 'read',
  accessLeftMs: leftMs,
  accessLifeMs: 7_200_000,
  refreshLeftMs: undefined,
  mark,
});

/** A refresher with a keeper that does what is usual, or what the test says. */
async function setUp(
  test: TestContext,
  tokenReplies: Reply[],
  more: (stage: Pick<Stage, 'calls' | 'kept' | 'clock'>) => Partial<LoginKeeper> = () => ({}),
): Promise<Stage> {
  const server = await startServer(test, { tokenReplies });
  const secrets = createSecrets(credentials);
  const [calls, kept, clock, closing] = [
    [] as string[],
    [] as Kept[],
    { now: 1000 },
    new AbortController(),
  ];
  const localNow = (): number => clock.now;
  const http = createHttp({
    origin: server.origin,
    proxy: undefined,
    timeoutMs: 60_000,
    largestBytes: 1_000_000,
    localNow,
    secrets,
  });
  test.after(() => http.close());
  const usual: LoginKeeper = {
    load: async () => {
      const last = kept.at(-1);
      return (
        last && {
          ...goodFor(last.pair.accessToken, last.mark, last.pair.accessLeftMs),
        }
      );
    },
    takeTurn: async () => ({ ...turn, mark: kept.at(-1)?.mark }),
    prolong: async () => true,
    endTurn: async () => {},
    keep: async (pair, mark, former) => void kept.push({ pair, mark, former }),
    refuse: async () => {},
    ...more({ calls, kept, clock }),
  };
  const noting = (name: keyof LoginKeeper): never =>
    ((...args: never[]) => {
      calls.push(name);
      return (usual[name] as (...all: never[]) => unknown)(...args);
    }) as never;
  const keeper: LoginKeeper = {
    load: noting('load'),
    takeTurn: noting('takeTurn'),
    prolong: noting('prolong'),
    endTurn: noting('endTurn'),
    keep: noting('keep'),
    refuse: noting('refuse'),
  };
  const channel: Channel & { scope: string } = {
    account: 'acme',
    origin: server.origin,
    credentials,
    observe: () => {},
    http,
    reach: createReach(),
    localNow,
    log: { warn: () => {} },
    retryBaseMs: 1,
    secrets,
    closing: closing.signal,
    scope: 'read',
  };
  const refresher = createRefresher(credentials, keeper, channel);
  const mint: Stage['mint'] = async (refused) => {
    let adopted: Awaited<ReturnType<Stage['mint']>> | undefined;
    const token = refused === undefined ? undefined : { text: refused, renewAtMs: 0 };
    await refresher(token, (grant, askedAtMs) => {
      adopted = { grant, askedAtMs };
      return { text: grant.accessToken, renewAtMs: 0 };
    });
    return adopted ?? assert.fail('nothing was adopted');
  };
  return { server, secrets, calls, kept, mint, clock, closing };
}

const pairReply = (number: number): Reply =>
  tokenReply(`access-${number}`, { refresh_token: `refresh-${number}` });

describe('a refreshed login', () => {
  it('is stored before it is adopted, and counts from the moment of its request', async (test) => {
    const stage = await setUp(test, [pairReply(1)], ({ clock }) => ({
      prolong: async () => {
        clock.now = 5000;
        return true;
      },
      endTurn: async () => {
        clock.now = 9000;
      },
    }));
    assert.deepEqual(await stage.mint(), {
      grant: { accessToken: 'access-1', scope: 'read', expiresInMs: 7_200_000 },
      askedAtMs: 5000,
    });
    assert.deepEqual(stage.calls, ['load', 'takeTurn', 'load', 'prolong', 'keep', 'endTurn']);
    assert.deepEqual(
      stage.kept.map(({ pair, former }) => [pair, former]),
      [
        [
          {
            accessToken: 'access-1',
            refreshToken: 'refresh-1',
            scope: 'read',
            accessLeftMs: 7_200_000,
            refreshLeftMs: undefined,
          },
          undefined,
        ],
      ],
    );
    for (const text of ['refresh-0', 'access-1', 'refresh-1'])
      assert.equal(stage.secrets.scrub(`the ${text}`), 'the [removed]');
  });

  it('that is kept and good is adopted without a turn', async (test) => {
    const stage = await setUp(test, [], () => ({
      load: async () => goodFor('access-7', 'm7'),
    }));
    assert.deepEqual(await stage.mint(), {
      grant: { accessToken: 'access-7', scope: 'read', expiresInMs: 3_600_000 },
      askedAtMs: 1000,
    });
    assert.deepEqual(stage.calls, ['load']);
  });

  it('that another process has stored in the turn before is adopted without a request', async (test) => {
    let loads = 0;
    const stage = await setUp(test, [], () => ({
      load: async () => ((loads += 1) === 1 ? undefined : goodFor('access-8', 'm8')),
    }));
    assert.equal((await stage.mint()).grant.accessToken, 'access-8');
    assert.deepEqual(stage.calls, ['load', 'takeTurn', 'load', 'endTurn']);
    assert.deepEqual(stage.server.tokenRequests, []);
  });

  it('is looked up again when the turn was lost meanwhile', async (test) => {
    let loads = 0;
    const stage = await setUp(test, [pairReply(1)], () => ({
      load: async () => ((loads += 1) <= 2 ? undefined : goodFor('access-9', 'm9')),
      prolong: async () => false,
    }));
    assert.equal((await stage.mint()).grant.accessToken, 'access-9');
    assert.deepEqual(stage.server.tokenRequests, []);
    assert.deepEqual(stage.calls, ['load', 'takeTurn', 'load', 'prolong', 'endTurn', 'load']);
  });

  it('that could not be stored is stored by the next request, with what is left of its life', async (test) => {
    let refuses = true;
    const stage = await setUp(
      test,
      [
        pairReply(1),
        tokenReply('access-2', {
          refresh_token: 'r',
          refresh_token_expires_in: 60,
        }),
      ],
      ({ kept }) => ({
        keep: async (pair, mark, former) => {
          if (refuses) throw new Error('the database is away');
          kept.push({ pair, mark, former });
        },
      }),
    );
    await assert.rejects(stage.mint(), { message: 'the database is away' });
    refuses = false;
    stage.clock.now += 1_000_000;
    assert.equal((await stage.mint()).grant.accessToken, 'access-1');
    assert.equal(stage.server.tokenRequests.length, 1);
    assert.deepEqual(
      stage.kept.map(({ pair }) => [pair.accessLeftMs, pair.refreshLeftMs]),
      [[6_200_000, undefined]],
    );
    // It is stored now, and not again.
    await stage.mint();
    assert.equal(stage.kept.length, 1);
  });

  it('has what is left of the life of its refresh token too', async (test) => {
    let refuses = true;
    const reply = tokenReply('access-1', {
      refresh_token: 'refresh-1',
      refresh_token_expires_in: 60,
    });
    const stage = await setUp(test, [reply], ({ kept }) => ({
      keep: async (pair, mark, former) => {
        if (refuses) throw new Error('the database is away');
        kept.push({ pair, mark, former });
      },
    }));
    await assert.rejects(stage.mint(), { message: 'the database is away' });
    refuses = false;
    stage.clock.now += 10_000;
    await stage.mint();
    assert.equal(stage.kept[0]?.pair.refreshLeftMs, 50_000);
  });

  it('does not replace a newer one of another process', async (test) => {
    let newer: KeptLogin | undefined;
    const stage = await setUp(test, [pairReply(1)], ({ kept }) => ({
      load: async () => newer ?? (kept[0] && goodFor('access-1', kept[0].mark)),
    }));
    await stage.mint();
    newer = goodFor('access-5', 'm5');
    assert.equal((await stage.mint()).grant.accessToken, 'access-5');
    assert.equal(stage.kept.length, 1);
  });

  it('that Zendesk refuses is noted, so that nobody asks again; another failure is not', async (test) => {
    const refused: Reply = { status: 400, body: { error: 'invalid_grant' } };
    const stage = await setUp(test, [refused]);
    await assert.rejects(stage.mint(), { code: 'login_needed' });
    assert.deepEqual(stage.calls.slice(-2), ['refuse', 'endTurn']);
    const failing = await setUp(test, [{ status: 503 }]);
    await assert.rejects(
      failing.mint(),
      (error) => error instanceof KnownError && error.code !== 'login_needed',
    );
    assert.ok(!failing.calls.includes('refuse'));
    assert.equal(failing.calls.at(-1), 'endTurn');
  });

  it('is not even looked up when the connection is being closed', async (test) => {
    const stage = await setUp(test, [pairReply(1)]);
    const reason = new Error('the service is stopping');
    stage.closing.abort(reason);
    await assert.rejects(stage.mint(), (error) => error === reason);
    assert.deepEqual(stage.calls, []);
  });

  it('is requested with the refresh token and the lifetimes that are wanted', async (test) => {
    const stage = await setUp(test, [pairReply(1)]);
    await stage.mint();
    assert.deepEqual(
      stage.server.tokenRequests.map(({ body }) => JSON.parse(body) as unknown),
      [
        {
          grant_type: 'refresh_token',
          refresh_token: 'refresh-0',
          client_id: 'log-puller',
          client_secret: 'client-secret',
          expires_in: 86_400,
          refresh_token_expires_in: 7_689_600,
        },
      ],
    );
  });

  it('is refreshed if Zendesk refuses the kept access token, although that looks good', async (test) => {
    const stage = await setUp(test, [pairReply(1)], ({ kept }) => ({
      load: async () => goodFor(kept.length === 0 ? 'access-0' : 'access-1', kept[0]?.mark ?? 'm0'),
    }));
    assert.equal((await stage.mint('access-0')).grant.accessToken, 'access-1');
    assert.equal(stage.server.tokenRequests.length, 1);
  });

  it('waits while another process has the turn', async (test) => {
    let turns = 0;
    const stage = await setUp(test, [pairReply(1)], () => ({
      takeTurn: async () => ((turns += 1) === 1 ? undefined : turn),
    }));
    assert.equal((await stage.mint()).grant.accessToken, 'access-1');
    assert.deepEqual(stage.calls.slice(0, 4), ['load', 'takeTurn', 'load', 'takeTurn']);
  });

  it('is not requested without a refresh token, or with one that was refused', async (test) => {
    for (const [more, found] of [
      [{ refreshToken: undefined }, 'There is no login'],
      [
        { isRefused: true },
        'Zendesk refuses the refresh token: it has expired, was revoked, or was used somewhere else',
      ],
    ] as const) {
      const stage = await setUp(test, [pairReply(1)], () => ({
        takeTurn: async () => ({ ...turn, absence: 'There is no login', ...more }),
      }));
      await assert.rejects(stage.mint(), {
        code: 'login_needed',
        message: `${found}; log in with the command "login".`,
      });
      assert.deepEqual(stage.server.tokenRequests, []);
    }
  });

  it('comes from the stored token if that of the settings is refused', async (test) => {
    let turns = 0;
    const refused: Reply = { status: 400, body: { error: 'invalid_grant' } };
    const stage = await setUp(test, [refused, pairReply(1)], () => ({
      takeTurn: async () => ({ ...turn, hasFallback: (turns += 1) === 1 }),
    }));
    assert.equal((await stage.mint()).grant.accessToken, 'access-1');
    assert.equal(stage.calls.filter((name) => name === 'refuse').length, 1);
  });

  it('may have been lost with an answer only if there was none', async (test) => {
    const dead: Reply = { status: 400, body: { error: 'invalid_grant' } };
    const cut: Reply = (response) => response.destroy();
    const why = async (first: Reply): Promise<string> => {
      const stage = await setUp(test, [first, dead]);
      const error: unknown = await stage.mint().catch((reason: unknown) => reason);
      return error instanceof KnownError ? error.found : assert.fail('no known error');
    };
    const lost =
      'Zendesk refuses the refresh token: it works only once, and the answer to its first use was lost, because a connection broke or a process was killed';
    const used =
      'Zendesk refuses the refresh token: it has expired, was revoked, or was used somewhere else';
    assert.equal(await why(cut), lost);
    assert.equal(await why({ body: 'no JSON' }), lost);
    assert.equal(await why({ status: 503 }), used);
    assert.equal(await why(dead), used);
  });
});
