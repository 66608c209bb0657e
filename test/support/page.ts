/** The page, served by the program's own server from a database of a test. */
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { parseConfig } from '../../src/config/config.ts';
import { openDatabase, type Database } from '../../src/database/client.ts';
import { createMetrics } from '../../src/http/metrics.ts';
import { startHttpServer, type HttpOptions, type HttpServer } from '../../src/http/server.ts';
import { isSchedule } from '../../src/scheduler.ts';
import { streams } from '../../src/streams/registry.ts';
import { visit, withBrowser, type Visit } from './browser.ts';
import { collectLog } from './collected-log.ts';
import { withDatabase } from './database.ts';
import { patienceMs } from './patience.ts';

/** A page that is served. */
export type ServedPage = {
  readonly db: Database;
  readonly offer: HttpServer['offer'];
  /** Without a slash at its end. */
  readonly url: string;
  /** Opens a view, such as `#/overview?account=acme`, in Chromium. */
  readonly open: (hash: string, options?: BrowserContextOptions) => Promise<Visit>;
};

/** Serves the page for the accounts from an empty database, for the duration of `work`. Chromium starts when it is needed. */
export async function withPage(
  work: (page: ServedPage) => Promise<void>,
  {
    accounts = ['acme'],
    access,
    databaseUrl: given,
    isPatient = true,
    ...options
  }: Partial<HttpOptions> & {
    readonly accounts?: readonly string[];
    /** Default: an empty database. */
    readonly databaseUrl?: string;
    readonly access?: NonNullable<HttpOptions['page']>['access'];
    /** Whether questions may take long, as on a busy machine. */
    readonly isPatient?: boolean;
  } = {},
): Promise<void> {
  const use =
    given === undefined ? withDatabase : (run: (url: string) => Promise<void>) => run(given);
  await use(async (databaseUrl) => {
    const db = openDatabase({ url: databaseUrl });
    const server = await startHttpServer({
      host: '127.0.0.1',
      port: 0,
      databases: [{ name: undefined, url: databaseUrl, accounts }],
      metrics: createMetrics({ version: '1.2.3', nodeVersion: '24.0.0' }),
      scheduler: { listOverdue: () => [] },
      streams,
      signal: new AbortController().signal,
      log: collectLog(),
      page: { ...describePage(accounts, access), ...(isPatient && { questionMs: patienceMs }) },
      ...options,
    });
    const url = `http://127.0.0.1:${server.port}`;
    try {
      await lendBrowser((lend) =>
        work({
          db,
          offer: server.offer,
          url,
          open: async (hash, context) => visit(await lend(), `${url}/${hash}`, context),
        }),
      );
    } finally {
      await server.close();
      await db.close();
    }
  });
}

/** What the server knows about the accounts that it follows: the settings that everybody has. */
export function describePage(
  accounts: readonly string[],
  access: NonNullable<HttpOptions['page']>['access'] = { kind: 'local' },
): NonNullable<HttpOptions['page']> {
  return {
    access,
    service: {
      streams,
      accounts: accounts.map((account) => ({
        account,
        config: parseConfig(
          {
            ZENDESK_SUBDOMAIN: account,
            ZENDESK_OAUTH_TOKEN: 'token',
            DATABASE_URL: 'postgres://127.0.0.1:1/none',
          },
          {
            needs: { zendesk: true },
            streams,
            readFile: () => '',
            isSchedule,
            now: new Date(),
          },
        ),
      })),
    },
  };
}

/** Starts a browser with the first call, and ends it after `work`. */
async function lendBrowser(work: (lend: () => Promise<Browser>) => Promise<void>): Promise<void> {
  let lent: Promise<Browser> | undefined;
  const { promise: returned, resolve: giveBack } = Promise.withResolvers<void>();
  let ended: Promise<void> | undefined;
  const lend = (): Promise<Browser> =>
    (lent ??= new Promise((resolve, reject) => {
      ended = withBrowser(async (browser) => {
        resolve(browser);
        await returned;
      });
      ended.catch(reject);
    }));
  try {
    await work(lend);
  } finally {
    giveBack();
    await ended;
  }
}
