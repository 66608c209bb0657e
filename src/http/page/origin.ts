/** Whether a request that changes something comes from the page itself. */
import type { Context } from 'hono';

/** Why it does not, in a sentence; undefined if it does. Browsers send these headers, and no website can set them. */
export function refuseOrigin(context: Context): string | undefined {
  const site = context.req.header('sec-fetch-site');
  const origin = context.req.header('origin');
  // Somebody who sends a token is no browser that was led here.
  if (
    site === undefined &&
    origin === undefined &&
    context.req.header('authorization') !== undefined
  )
    return undefined;
  // A proxy may pass on another Host than the browser asked for, so that it counts only where nothing better is known.
  const isOwn =
    site === undefined ? isSameHost(origin, context.req.header('host')) : site === 'same-origin';
  if (isOwn) return undefined;
  return 'This can only be done from the page itself: another website, or a program without a token, sent the request.';
}

/** Whether both name the same host and port, which may be written out or not. */
function isSameHost(origin = '', host = ''): boolean {
  if (!URL.canParse(origin)) return false;
  const own = new URL(origin);
  const asked = `${own.protocol}//${host}`;
  return own.host !== '' && URL.canParse(asked) && new URL(asked).host === own.host;
}
