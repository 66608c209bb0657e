/** Answers over HTTP beside the work of `serve` and `demo`. */
import type { Config } from '../../config/config.ts';
import { hasCode, refuseInput } from '../../errors.ts';
import { openForReports } from '../archive/reading.ts';
import type { HttpOptions, HttpServer } from '../../http/server.ts';

/**
 * Makes sure that it is known who may see the page, before anything is served.
 *
 * @throws {KnownError} `bad_input` when others than this machine could, and nothing says who they are
 */
export function checkAccess({ http }: Config): void {
  if (http?.page?.kind !== 'undecided') return;
  throw refuseInput([
    `HTTP_HOST is ${JSON.stringify(http.host)}, so other machines can reach the page, and nothing says who may see it. Set HTTP_TOKEN_FILE or HTTP_TRUSTED_PROXY, or HTTP_PAGE=off, which leaves only what monitoring asks.`,
  ]);
}

/** What answers over HTTP. */
type Served = {
  /** Where the page is; undefined where nothing answers. */
  readonly address: string | undefined;
  readonly offer: HttpServer['offer'];
};

/**
 * Answers over HTTP, if configured, for the duration of `work`.
 *
 * @param mayMove whether another port will do when this one is taken
 */
export async function withHttp<T>(
  configs: readonly [Config, ...Config[]],
  options: Omit<HttpOptions, 'host' | 'port' | 'page'>,
  work: (served: Served) => Promise<T>,
  mayMove = false,
): Promise<T> {
  const [{ http }] = configs;
  if (http === undefined) return work({ address: undefined, offer() {} });
  // Other commands need none of it.
  const { startHttpServer } = await import('../../http/server.ts');
  const { page: access, ...place } = http;
  const accounts = configs.map((config) => ({
    account: config.zendesk.account,
    config,
    archive: openForReports(config, options.signal),
  }));
  const start = (port: number): Promise<HttpServer> =>
    startHttpServer({
      ...place,
      ...options,
      port,
      page:
        access === undefined || access.kind === 'undecided'
          ? undefined
          : { service: { streams: options.streams, accounts }, access },
    });
  const server = await start(place.port).catch((error: unknown) => {
    if (mayMove && hasCode(error, 'bad_input')) return start(0);
    throw error;
  });
  try {
    options.log.info({ host: server.host, port: server.port }, 'answering over HTTP');
    return await work({ address: `http://${hostOf(server)}:${server.port}/`, offer: server.offer });
  } finally {
    await server.close();
  }
}

function hostOf({ host }: HttpServer): string {
  return host.includes(':') ? `[${host}]` : host;
}
