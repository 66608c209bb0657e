/** What comes with a request that does something. */
import type { Context } from 'hono';

/** Nothing that the page sends is longer. */
const mostBytes = 16_384;

/** The fields of a small JSON object; none of anything else. */
export async function readBody(context: Context): Promise<Readonly<Record<string, unknown>>> {
  const reader = context.req.raw.body?.getReader();
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const part = await reader?.read();
    if (part === undefined || part.done) break;
    bytes += part.value.length;
    if (bytes > mostBytes) {
      await reader?.cancel();
      return {};
    }
    parts.push(part.value);
  }
  try {
    const value: unknown = JSON.parse(Buffer.concat(parts).toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : {};
  } catch {
    return {};
  }
}
