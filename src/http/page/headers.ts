/** What every answer of the page says to browsers, and which host names it accepts. */
import type { MiddlewareHandler } from 'hono';
import { json } from '../answers.ts';
import type { Access } from './access.ts';

const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** What proxies add for the service behind them. */
const proxyHeaders = ['x-forwarded-for', 'x-forwarded-host', 'x-real-ip', 'forwarded', 'via'];

/**
 * Adds the security headers. Without a login only names of this machine are accepted as Host: another name is that of a
 * website which had its own name resolved to this machine, to read the page through the browser of somebody here. A proxy that passes
 * on a name of this machine is refused as well, if it shows itself.
 */
export function protect(access: Access): MiddlewareHandler {
  return async (context, next) => {
    if (access.kind === 'local' && !isOfThisMachine(context.req.header('host'))) {
      const reason =
        'Without a login the page is shown only under a name of this machine: use http://127.0.0.1 or http://localhost with the port.';
      return json(421, { reason });
    }
    if (
      access.kind === 'local' &&
      proxyHeaders.some((name) => context.req.header(name) !== undefined)
    ) {
      const reason =
        'A proxy passes this request on, and without a login everybody behind it would see the page. Set HTTP_TRUSTED_PROXY or HTTP_TOKEN_FILE.';
      return json(403, { reason });
    }
    await next();
    const { headers } = context.res;
    headers.set('content-security-policy', policy);
    headers.set('referrer-policy', 'no-referrer');
    headers.set('x-frame-options', 'DENY');
    headers.set('cross-origin-opener-policy', 'same-origin');
    headers.set('cross-origin-resource-policy', 'same-origin');
    headers.set('permissions-policy', 'camera=(), geolocation=(), microphone=()');
    return undefined;
  };
}

/** An answer without its body would never be read, and what it is made with never given back. */
export const refuseHead: MiddlewareHandler = async (context, next) =>
  context.req.method === 'HEAD'
    ? json(405, { reason: 'Only GET is supported.' }, { allow: 'GET' })
    : next();

/** Whether the header names this machine, with any port. */
function isOfThisMachine(host: string | undefined): boolean {
  return /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d{1,5})?$/i.test(host ?? '');
}
